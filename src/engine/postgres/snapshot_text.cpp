#include "engine/postgres/snapshot_text.h"

#include <algorithm>
#include <charconv>

namespace tidemark::postgres {
namespace {

bool read_number(std::string_view text, uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::optional<Visibility> parse_snapshot(std::string_view text) {
  const size_t first = text.find(':');
  const size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  Visibility visibility;
  visibility.by = Visibility::By::snapshot;
  uint64_t oldest = 0;
  if (!read_number(text.substr(0, first), oldest)) return std::nullopt;
  if (!read_number(text.substr(first + 1, second - first - 1), visibility.txid_end)) return std::nullopt;
  std::string_view rest = text.substr(second + 1);
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    uint64_t txid = 0;
    if (!read_number(rest.substr(0, comma), txid)) return std::nullopt;
    if (!visibility.in_progress.empty() && visibility.in_progress.back() >= txid) return std::nullopt;
    visibility.in_progress.push_back(txid);
    if (comma + 1 == rest.size()) return std::nullopt;  // nothing behind the last comma
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return visibility;
}

}  // namespace tidemark::postgres
