#include "engine/postgres/numeric_encoding.h"

#include "base/byte_cursor.h"

namespace tidemark::postgres {
namespace {

constexpr uint16_t kPositive = 0x0000, kNegative = 0x4000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Header of four 16-bit words, then the digits already written behind it.
void finish(ByteBuffer& out, size_t header, int weight, bool negative, unsigned scale) {
  char* digits = out.data() + header + 8;
  size_t count = (out.size() - header - 8) / 2;
  auto is_zero = [&](size_t i) { return digits[2 * i] == 0 && digits[2 * i + 1] == 0; };
  size_t first = 0;
  while (first < count && is_zero(first)) ++first, --weight;
  while (count > first && is_zero(count - 1)) --count;
  if (first > 0 && count > first) std::memmove(digits, digits + 2 * first, 2 * (count - first));
  count -= first;
  if (count == 0) weight = 0, negative = false;
  out.truncate(header);
  out.put16(static_cast<uint16_t>(count));
  out.put_signed16(static_cast<int16_t>(weight));
  out.put16(negative ? kNegative : kPositive);
  out.put16(static_cast<uint16_t>(scale));
  out.advance(2 * count);
}

}  // namespace

bool append_numeric(std::string_view decimal, ByteBuffer& out) {
  const bool negative = !decimal.empty() && decimal[0] == '-';
  if (negative) decimal.remove_prefix(1);
  const size_t point = decimal.find('.');
  const std::string_view whole = decimal.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? std::string_view{} : decimal.substr(point + 1);
  if (whole.empty() && fraction.empty()) return false;
  if (whole.size() > 100000 || fraction.size() > 16383) return false;

  out.reserve_more(8 + 2 * ((whole.size() + 3) / 4 + (fraction.size() + 3) / 4));
  const size_t header = out.size();
  out.advance(8);
  // the first group holds what is left over by groups of four before the point
  unsigned group = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    if (!is_digit(whole[i])) return out.truncate(header), false;
    group = group * 10 + static_cast<unsigned>(whole[i] - '0');
    if ((whole.size() - i) % 4 == 1) {
      out.put16(static_cast<uint16_t>(group));
      group = 0;
    }
  }
  const int weight = static_cast<int>((whole.size() + 3) / 4) - 1;
  for (size_t i = 0; i < fraction.size(); i += 4) {
    group = 0;
    for (size_t j = i; j < i + 4; ++j) {
      if (j < fraction.size() && !is_digit(fraction[j])) return out.truncate(header), false;
      group = group * 10 + (j < fraction.size() ? static_cast<unsigned>(fraction[j] - '0') : 0);
    }
    out.put16(static_cast<uint16_t>(group));
  }
  finish(out, header, weight, negative, static_cast<unsigned>(fraction.size()));
  return true;
}

void append_numeric(uint64_t magnitude, bool negative, ByteBuffer& out) {
  uint16_t groups[5];
  int count = 0;
  for (; magnitude != 0; magnitude /= 10000) groups[count++] = static_cast<uint16_t>(magnitude % 10000);
  out.reserve_more(18);
  const size_t header = out.size();
  out.advance(8);
  for (int i = count; i-- > 0;) out.put16(groups[i]);
  finish(out, header, count - 1, negative, 0);
}

std::optional<std::string> numeric_text(std::string_view bytes, int scale) {
  ByteCursor in(bytes);
  const auto count = static_cast<size_t>(in.big(2));
  const int weight = static_cast<int16_t>(in.big(2));
  const auto sign = static_cast<uint16_t>(in.big(2));
  const int own_scale = static_cast<int>(in.big(2));
  if (in.failed() || in.left() != 2 * count || (sign != kPositive && sign != kNegative)) return std::nullopt;
  if (scale < 0) scale = own_scale;
  std::string digits;  // all decimal digits from the first group on
  digits.reserve(4 * count);
  for (size_t i = 0; i < count; ++i) {
    auto group = static_cast<unsigned>(in.big(2));
    if (group > 9999) return std::nullopt;
    for (unsigned power = 1000; power > 0; power /= 10) digits.push_back(static_cast<char>('0' + group / power % 10));
  }
  const long before = 4L * (weight + 1);  // digits before the point
  auto digit_at = [&](long i) { return i >= 0 && i < static_cast<long>(digits.size()) ? digits[static_cast<size_t>(i)] : '0'; };
  std::string out;
  for (long i = 0; i < before; ++i) {
    if (out.empty() && digit_at(i) == '0') continue;
    out.push_back(digit_at(i));
  }
  if (out.empty()) out.push_back('0');
  if (scale > 0) {
    out.push_back('.');
    for (long i = before; i < before + scale; ++i) out.push_back(digit_at(i));
  }
  if (sign == kPositive || out.find_first_not_of("0.") == std::string::npos) return out;
  std::string negative(1, '-');
  negative += out;
  return negative;
}

}  // namespace tidemark::postgres
