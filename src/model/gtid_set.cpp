#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "tidemark/error.h"
#include "tidemark/position.h"

namespace tidemark {

namespace {

[[noreturn]] void bad_set(std::string_view text, const char* why) {
  throw Error(ErrorKind::usage, fmt::format("reading the GTID set '{}'", printable(text.substr(0, 200))), why,
              "MySQL writes 'uuid:1-5,uuid:tag:1-3', MariaDB '0-1-55,1-1-3'.");
}

std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\n' || s.front() == '\t' || s.front() == '\r')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\n' || s.back() == '\t' || s.back() == '\r')) s.remove_suffix(1);
  return s;
}

/// Cuts the piece before `separator` off the front of `text`.
std::string_view next_piece(std::string_view& text, char separator) {
  size_t end = text.find(separator);
  std::string_view piece = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return trim(piece);
}

bool parse_number(std::string_view s, uint64_t& out) {
  auto [p, ec] = std::from_chars(s.data(), s.data() + s.size(), out);
  return ec == std::errc{} && p == s.data() + s.size() && !s.empty();
}

bool parse_uuid(std::string_view s, std::array<uint8_t, 16>& out) {
  size_t n = 0;
  for (size_t i = 0; i < s.size();) {
    if (s[i] == '-') {
      ++i;
      continue;
    }
    uint8_t byte = 0;
    if (n == 16 || i + 2 > s.size()) return false;
    auto [p, ec] = std::from_chars(s.data() + i, s.data() + i + 2, byte, 16);
    if (ec != std::errc{} || p != s.data() + i + 2) return false;
    out[n++] = byte;
    i += 2;
  }
  return n == 16;
}

std::string uuid_text(const std::array<uint8_t, 16>& u) {
  std::string out;
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    out += fmt::format("{:02x}", u[i]);
  }
  return out;
}

}  // namespace

bool is_gtid_tag(std::string_view text) {
  constexpr size_t kTagMax = 32;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && text.size() <= kTagMax && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

void GtidSet::add(const Gtid& gtid) {
  if (gtid.number == 0) return;
  if (gtid.origin.uuid == std::array<uint8_t, 16>{}) {
    domains_[gtid.origin.domain] = gtid;
  } else {
    add(gtid.origin, {gtid.number, gtid.number});
  }
}

void GtidSet::add(const GtidOrigin& origin, Interval added) {
  auto& list = intervals_[origin];
  // The usual case: the next number of the same server.
  if (!list.empty() && added.first == list.back().last + 1) {
    list.back().last = added.last;
    return;
  }
  // First interval that touches or follows the new one; swallow all that it touches.
  auto it = std::lower_bound(list.begin(), list.end(), added.first, [](const Interval& i, uint64_t first) { return i.last + 1 < first; });
  auto end = it;
  while (end != list.end() && end->first <= added.last + 1) {
    added.first = std::min(added.first, end->first);
    added.last = std::max(added.last, end->last);
    ++end;
  }
  it = list.erase(it, end);
  list.insert(it, added);
}

bool GtidSet::contains(const Gtid& gtid) const {
  if (gtid.number == 0) return false;
  if (gtid.origin.uuid == std::array<uint8_t, 16>{}) {
    auto it = domains_.find(gtid.origin.domain);
    return it != domains_.end() && gtid.number <= it->second.number;
  }
  auto it = intervals_.find(gtid.origin);
  if (it == intervals_.end()) return false;
  const auto& list = it->second;
  auto at = std::upper_bound(list.begin(), list.end(), gtid.number, [](uint64_t n, const Interval& i) { return n < i.first; });
  return at != list.begin() && gtid.number <= std::prev(at)->last;
}

bool GtidSet::contains(const GtidSet& other) const {
  for (const auto& [domain, gtid] : other.domains_) {
    if (!contains(gtid)) return false;
  }
  return other.minus(*this).intervals_.empty();
}

GtidSet GtidSet::minus(const GtidSet& other) const {
  GtidSet out;
  for (const auto& [origin, list] : intervals_) {
    auto it = other.intervals_.find(origin);
    for (Interval left : list) {
      bool gone = false;
      if (it != other.intervals_.end()) {
        for (const Interval& cut : it->second) {
          if (cut.last < left.first) continue;
          if (cut.first > left.last) break;
          if (cut.first > left.first) out.add(origin, {left.first, cut.first - 1});
          if (cut.last >= left.last) {
            gone = true;
            break;
          }
          left.first = cut.last + 1;
        }
      }
      if (!gone) out.add(origin, left);
    }
  }
  return out;
}

std::string GtidSet::text() const {
  std::string out;
  for (const auto& [origin, list] : intervals_) {
    if (!out.empty()) out.push_back(',');
    out += uuid_text(origin.uuid);
    if (!origin.tag.empty()) out += ":" + origin.tag;
    for (const auto& i : list) out += i.first == i.last ? fmt::format(":{}", i.first) : fmt::format(":{}-{}", i.first, i.last);
  }
  for (const auto& [domain, gtid] : domains_) {
    if (!out.empty()) out.push_back(',');
    out += fmt::format("{}-{}-{}", domain, gtid.server_id, gtid.number);
  }
  return out;
}

GtidSet GtidSet::parse_mysql(std::string_view text) {
  GtidSet set;
  std::string_view left = trim(text);
  while (!left.empty()) {
    std::string_view item = next_piece(left, ',');
    if (item.empty()) continue;
    GtidOrigin origin;
    if (!parse_uuid(next_piece(item, ':'), origin.uuid)) bad_set(text, "a uuid was expected");
    bool any = false;
    while (!item.empty()) {
      std::string_view piece = next_piece(item, ':');
      std::string_view range = piece;
      Interval interval{};
      if (!piece.empty() && (piece[0] < '0' || piece[0] > '9')) {  // a tag applies to the intervals that follow it
        origin.tag = std::string(piece);
        for (char& c : origin.tag) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);  // as the server does
        if (!is_gtid_tag(origin.tag)) bad_set(text, "a tag has at most 32 letters, digits and underscores");
        continue;
      }
      if (!parse_number(next_piece(range, '-'), interval.first)) bad_set(text, "a number was expected");
      interval.last = interval.first;
      if (!range.empty() && !parse_number(trim(range), interval.last)) bad_set(text, "a number was expected after '-'");
      if (interval.first == 0 || interval.last < interval.first || interval.last > kGtidNumberMax)
        bad_set(text, "an interval is empty or out of range");
      set.add(origin, interval);
      any = true;
    }
    if (!any) bad_set(text, "a uuid without an interval");
  }
  return set;
}

GtidSet GtidSet::parse_mariadb(std::string_view text) {
  GtidSet set;
  std::string_view left = trim(text);
  while (!left.empty()) {
    std::string_view item = next_piece(left, ',');
    if (item.empty()) continue;
    uint64_t domain = 0, server = 0, number = 0;
    if (!parse_number(next_piece(item, '-'), domain) || !parse_number(next_piece(item, '-'), server) || !parse_number(item, number) ||
        domain > UINT32_MAX || server > UINT32_MAX) {
      bad_set(text, "'domain-server-number' was expected");
    }
    Gtid gtid;
    gtid.origin.domain = static_cast<uint32_t>(domain);
    gtid.server_id = static_cast<uint32_t>(server);
    gtid.number = number;
    set.domains_[gtid.origin.domain] = gtid;
  }
  return set;
}

}  // namespace tidemark
