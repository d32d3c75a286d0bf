#include "engine/postgres/dialect.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace tidemark::postgres {
namespace {

std::string quote(std::string_view text, char mark) {
  std::string out;
  out.reserve(text.size() + 2);
  out.push_back(mark);
  for (char c : text) {
    if (c == mark) out.push_back(mark);
    out.push_back(c);
  }
  out.push_back(mark);
  return out;
}

// FNV-1a, written out because the result is part of names in the user's database: it must never change.
uint32_t name_hash(std::string_view name) {
  uint32_t hash = 2166136261u;
  for (char c : name) {
    hash ^= static_cast<uint8_t>(c);
    hash *= 16777619u;
  }
  return hash;
}

std::string with_hash(std::string_view name) {
  constexpr size_t kSuffix = 9;  // "_" and eight hexadecimal digits
  size_t size = std::min(name.size(), kNameBytesMax - kSuffix);
  // never inside a UTF-8 character: step back over continuation bytes
  while (size > 0 && size < name.size() && (static_cast<uint8_t>(name[size]) & 0xc0) == 0x80) --size;
  return fmt::format("{}_{:08x}", name.substr(0, size), name_hash(name));
}

}  // namespace

std::string quote_name(std::string_view name) { return quote(name, '"'); }

std::string quote_name(std::string_view schema, std::string_view name) { return quote_name(schema) + "." + quote_name(name); }

std::string quote_literal(std::string_view text) { return quote(text, '\''); }

std::string sink_name(std::string_view source_name) {
  if (source_name.size() <= kNameBytesMax) return std::string(source_name);
  return with_hash(source_name);
}

std::string sink_column_name(std::string_view source_name) {
  constexpr std::array<std::string_view, 6> kSystemColumns = {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"};
  for (std::string_view taken : kSystemColumns) {
    if (source_name == taken) return with_hash(source_name);
  }
  return sink_name(source_name);
}

}  // namespace tidemark::postgres
