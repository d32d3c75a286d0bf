#include "engine/sqlite/text_forms.h"

#include <charconv>

namespace tidemark::sqlite {

namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kPower[] = {1, 10, 100, 1000, 10'000, 100'000, 1'000'000};

char* put_digits(char* p, uint64_t number, int width) {
  for (int i = width - 1; i >= 0; --i) {
    p[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  return p + width;
}

int digits_of(int64_t number) {
  int digits = 4;
  for (number /= 10'000; number > 0; number /= 10) ++digits;
  return digits;
}

char* put_date(char* p, const Civil& c, bool historic) {
  const int64_t year = historic && c.year <= 0 ? 1 - int64_t{c.year} : c.year;
  p = put_digits(p, static_cast<uint64_t>(year), digits_of(year));
  *p++ = '-';
  p = put_digits(p, c.month, 2);
  *p++ = '-';
  return put_digits(p, c.day, 2);
}

/// HH:MM:SS[.f] of microseconds that are not negative; three hour digits only when needed.
char* put_clock(char* p, int64_t micros, uint8_t fsp) {
  int64_t seconds = micros / kSecond;
  int64_t hours = seconds / 3600;
  p = put_digits(p, static_cast<uint64_t>(hours), hours > 99 ? 3 : 2);
  *p++ = ':';
  p = put_digits(p, static_cast<uint64_t>(seconds / 60 % 60), 2);
  *p++ = ':';
  p = put_digits(p, static_cast<uint64_t>(seconds % 60), 2);
  if (fsp == 0) return p;
  *p++ = '.';
  return put_digits(p, static_cast<uint64_t>(micros % kSecond / kPower[6 - fsp]), fsp);
}

std::string_view written(const char* begin, const char* end) { return {begin, static_cast<size_t>(end - begin)}; }

char* put_word(char* p, std::string_view word) {
  for (char c : word) *p++ = c;
  return p;
}

constexpr std::string_view kBeforeChrist = " BC";

bool has_form(const Civil& c, bool historic) {
  return historic ? c.year >= -9'999'999 && c.year <= 9'999'999 : c.year >= 0 && c.year <= 9999;
}

/// Reads fixed-width fields; sticky failure.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool done() const { return !failed_ && text_.empty(); }
  int64_t digits(size_t width) {
    if (failed_ || text_.size() < width) return fail();
    int64_t number = 0;
    for (size_t i = 0; i < width; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return fail();
      number = number * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(width);
    return number;
  }
  void expect(char c) {
    if (failed_ || text_.empty() || text_.front() != c) {
      fail();
      return;
    }
    text_.remove_prefix(1);
  }
  bool skip(char c) {
    if (failed_ || text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  /// At least `width` of them, up to seven; no zero in front of more than that.
  int64_t long_digits(size_t width) {
    size_t size = 0;
    while (size < text_.size() && text_[size] >= '0' && text_[size] <= '9') ++size;
    return size < width || size > 7 || (size > width && text_[0] == '0') ? fail() : digits(size);
  }
  size_t find(char c) const { return text_.find(c); }

 private:
  int64_t fail() {
    failed_ = true;
    return 0;
  }
  std::string_view text_;
  bool failed_ = false;
};

Civil scan_date(Scanner& in, bool historic) {
  Civil c;
  c.year = static_cast<int32_t>(historic ? in.long_digits(4) : in.digits(4));
  in.expect('-');
  c.month = static_cast<uint8_t>(in.digits(2));
  in.expect('-');
  c.day = static_cast<uint8_t>(in.digits(2));
  return c;
}

int64_t scan_clock(Scanner& in, size_t hour_digits, uint8_t fsp) {
  int64_t hours = in.digits(hour_digits);
  in.expect(':');
  int64_t minutes = in.digits(2);
  in.expect(':');
  int64_t seconds = in.digits(2);
  int64_t micros = 0;
  if (fsp > 0) {
    in.expect('.');
    micros = in.digits(fsp) * kPower[6 - fsp];
  }
  if (minutes > 59 || seconds > 59) in.digits(100);  // no such time: fail
  return (hours * 3600 + minutes * 60 + seconds) * kSecond + micros;
}

}  // namespace

std::string_view date_text(const Civil& civil, char* out, bool historic) {
  if (historic && is_infinite(civil)) return written(out, put_word(out, civil.year < 0 ? "-infinity" : "infinity"));
  if (!has_form(civil, historic)) return {};
  char* p = put_date(out, civil, historic);
  return written(out, historic && civil.year <= 0 ? put_word(p, kBeforeChrist) : p);
}

std::string_view datetime_text(const Civil& civil, uint8_t fsp, bool utc, char* out, bool historic) {
  if (historic && is_infinite(civil)) return date_text(civil, out, true);
  if (!has_form(civil, historic) || civil.micros < 0 || civil.micros >= 86'400 * kSecond || fsp > 6) return {};
  char* p = put_date(out, civil, historic);
  *p++ = ' ';
  p = put_clock(p, civil.micros, fsp);
  if (utc) *p++ = 'Z';
  if (historic && civil.year <= 0) p = put_word(p, kBeforeChrist);
  return written(out, p);
}

std::string_view time_text(int64_t micros, uint8_t fsp, char* out) {
  constexpr int64_t kLimit = 1000 * 3600 * kSecond;
  if (micros <= -kLimit || micros >= kLimit || fsp > 6) return {};
  char* p = out;
  if (micros < 0) *p++ = '-';
  return written(out, put_clock(p, micros < 0 ? -micros : micros, fsp));
}

std::string_view uuid_text(std::string_view bytes, char* out) {
  constexpr char kHex[] = "0123456789abcdef";
  if (bytes.size() != 16) return {};
  char* p = out;
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *p++ = '-';
    auto byte = static_cast<uint8_t>(bytes[i]);
    *p++ = kHex[byte >> 4];
    *p++ = kHex[byte & 15];
  }
  return written(out, p);
}

std::string_view uint64_text(uint64_t number, char* out) { return written(out, std::to_chars(out, out + kTextFormBytes, number).ptr); }

namespace {

std::optional<Civil> parse_infinity(std::string_view text) {
  if (text == "infinity") return Civil{kInfinityYear, 1, 1, 0};
  if (text == "-infinity") return Civil{-kInfinityYear, 1, 1, 0};
  return {};
}

/// Takes " BC" off.
bool take_before_christ(std::string_view& text) {
  if (text.size() < kBeforeChrist.size() || text.substr(text.size() - kBeforeChrist.size()) != kBeforeChrist) return false;
  text.remove_suffix(kBeforeChrist.size());
  return true;
}

}  // namespace

std::optional<Civil> parse_date(std::string_view text, bool historic) {
  if (auto infinity = historic ? parse_infinity(text) : std::nullopt) return infinity;
  const bool before_christ = historic && take_before_christ(text);
  Scanner in(text);
  Civil c = scan_date(in, historic);
  if (!in.done() || (historic && c.year == 0)) return {};
  if (before_christ) c.year = 1 - c.year;
  return c;
}

std::optional<Civil> parse_datetime(std::string_view text, uint8_t fsp, bool utc, bool historic) {
  if (auto infinity = historic ? parse_infinity(text) : std::nullopt) return infinity;
  const bool before_christ = historic && take_before_christ(text);
  Scanner in(text);
  Civil c = scan_date(in, historic);
  in.expect(' ');
  c.micros = scan_clock(in, 2, fsp);
  if (utc) in.expect('Z');
  if (!in.done() || c.micros >= 86'400 * kSecond || (historic && c.year == 0)) return {};
  if (before_christ) c.year = 1 - c.year;
  return c;
}

std::optional<int64_t> parse_time(std::string_view text, uint8_t fsp) {
  Scanner in(text);
  bool negative = in.skip('-');
  size_t hour_digits = in.find(':') == 3 ? 3 : 2;
  int64_t micros = scan_clock(in, hour_digits, fsp);
  if (!in.done() || (negative && micros == 0) || (hour_digits == 3 && micros < 100 * 3600 * kSecond)) return {};
  return negative ? -micros : micros;
}

bool parse_uuid(std::string_view text, char* out) {
  if (text.size() != 36) return false;
  auto nibble = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  size_t n = 0;
  for (size_t i = 0; i < text.size();) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i++] != '-') return false;
      continue;
    }
    int high = nibble(text[i]), low = nibble(text[i + 1]);
    if (high < 0 || low < 0) return false;
    out[n++] = static_cast<char>(high << 4 | low);
    i += 2;
  }
  return true;
}

std::optional<uint64_t> parse_uint64(std::string_view text) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || (text.size() > 1 && text.front() == '0')) return {};
  return number;
}

std::string_view int64_text(int64_t number, char* out) { return written(out, std::to_chars(out, out + kTextFormBytes, number).ptr); }

std::optional<int64_t> parse_int64(std::string_view text) {
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  char slot[kTextFormBytes];
  if (error != std::errc() || end != text.data() + text.size() || int64_text(number, slot) != text) return {};
  return number;
}

}  // namespace tidemark::sqlite
