#include "engine/mysql/json_fit.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "model/json_canonical.h"

namespace tidemark::mysql {
namespace {

constexpr int kMysqlDepth = 100, kMariadbDepth = 31;
constexpr size_t kNameBytesMax = 65535;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Scanner {
 public:
  Scanner(std::string_view json, int depth_max, bool keeps_numbers)
      : p_(json.data()), end_(p_ + json.size()), depth_max_(depth_max), keeps_numbers_(keeps_numbers) {}

  JsonFault scan() {
    JsonFault fault = JsonFault::none;
    int depth = 0;
    while (p_ < end_) {
      const char c = *p_;
      if (c == '"') {
        const size_t bytes = string();
        if (bytes == std::string_view::npos) return JsonFault::refused;
        if (bytes > kNameBytesMax && !keeps_numbers_ && next() == ':') return JsonFault::refused;
        continue;
      }
      if ((c == '[' || c == '{') && ++depth > depth_max_) return JsonFault::deep;
      if (c == ']' || c == '}') --depth;
      if (c == '-' || is_digit(c)) {
        const char* const first = p_;
        while (p_ < end_ && (is_digit(*p_) || *p_ == '-' || *p_ == '+' || *p_ == '.' || (*p_ | 0x20) == 'e')) ++p_;
        if (!keeps_numbers_ && !is_exact_number({first, static_cast<size_t>(p_ - first)})) fault = JsonFault::number;
        continue;
      }
      ++p_;
    }
    return fault;
  }

 private:
  /// What comes after spaces; nothing is taken.
  char next() const {
    const char* p = p_;
    while (p < end_ && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) ++p;
    return p < end_ ? *p : '\0';
  }

  unsigned hex4(const char* p) const {
    unsigned code = 0;
    if (end_ - p < 4 || std::from_chars(p, p + 4, code, 16).ptr != p + 4) return 0;
    return code;
  }

  /// Takes a string; its bytes as they are stored, or npos when half of a surrogate pair stands alone.
  size_t string() {
    size_t bytes = 0;
    for (++p_; p_ < end_ && *p_ != '"'; ++p_, ++bytes) {
      if (*p_ != '\\' || end_ - p_ < 2) continue;
      ++p_;
      if (*p_ != 'u') continue;
      const unsigned code = hex4(p_ + 1);
      const bool high = code >= 0xd800 && code < 0xdc00;
      if (code >= 0xdc00 && code < 0xe000) return std::string_view::npos;
      p_ += std::min<ptrdiff_t>(4, end_ - p_ - 1);
      if (!high) continue;
      const unsigned low = end_ - p_ > 6 && p_[1] == '\\' && p_[2] == 'u' ? hex4(p_ + 3) : 0;
      if (low < 0xdc00 || low >= 0xe000) return std::string_view::npos;
      p_ += 6;
      bytes += 3;
    }
    if (p_ < end_) ++p_;
    return bytes;
  }

  const char* p_;
  const char* end_;
  int depth_max_;
  bool keeps_numbers_;
};

}  // namespace

bool is_exact_number(std::string_view number) {
  const char* const begin = number.data();
  const char* const end = begin + number.size();
  const bool whole = number.find_first_of(".eE") == std::string_view::npos;
  if (whole && number.size() <= 18) return true;
  if (whole) {
    int64_t s = 0;
    uint64_t u = 0;
    if (const auto r = std::from_chars(begin, end, s); r.ec == std::errc() && r.ptr == end) return true;
    if (const auto r = std::from_chars(begin, end, u); r.ec == std::errc() && r.ptr == end) return true;
  }
  // 15 digits are always the same again, in the range of normal numbers
  if (number.find_first_of("eE") == std::string_view::npos && number.size() <= 16) return number.back() != '.';
  double value = 0;
  if (const auto r = std::from_chars(begin, end, value); r.ec != std::errc() || r.ptr != end) return false;
  char shortest[40];
  // not the fixed form, which has all digits of a large whole number
  const auto printed = std::to_chars(shortest, shortest + sizeof shortest, value, std::chars_format::scientific);
  const auto given = canonical_number(number);
  return given && given == canonical_number({shortest, static_cast<size_t>(printed.ptr - shortest)});
}

JsonFault check_json_for_mysql(std::string_view json) { return Scanner(json, kMysqlDepth, false).scan(); }
JsonFault check_json_for_mariadb(std::string_view json) { return Scanner(json, kMariadbDepth, true).scan(); }

}  // namespace tidemark::mysql
