#include "engine/postgres/numeric_encoding.h"

#include <cstring>

namespace tidemark::postgres {
namespace {

constexpr uint16_t kPositive = 0x0000, kNegative = 0x4000, kNan = 0xc000, kInfinity = 0xd000, kNegativeInfinity = 0xf000;
constexpr int kScaleMax = 16383;

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
  if (!decimal.empty() && (decimal.back() == 'N' || decimal.back() == 'y')) {
    const uint16_t sign = decimal == "NaN"         ? kNan
                          : decimal == "Infinity"  ? kInfinity
                          : decimal == "-Infinity" ? kNegativeInfinity
                                                   : kPositive;
    if (sign == kPositive) return false;
    out.reserve_more(8);
    for (uint16_t word_of : {uint16_t{0}, uint16_t{0}, sign, uint16_t{0}}) out.put16(word_of);
    return true;
  }
  const bool negative = !decimal.empty() && decimal[0] == '-';
  if (negative) decimal.remove_prefix(1);
  const size_t point = decimal.find('.');
  const std::string_view whole = decimal.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? std::string_view{} : decimal.substr(point + 1);
  if (whole.empty() && fraction.empty()) return false;
  if (whole.size() > 131072 || fraction.size() > 16383) return false;

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

namespace {

struct NumericHeader {
  size_t count;  // base-10000 digits behind it
  int weight;    // of the first one
  uint16_t sign;
  int scale;
};
constexpr size_t kHeaderBytes = 8;

uint16_t word(const char* p) {
  uint16_t v;
  std::memcpy(&v, p, sizeof v);
  return to_big(v);
}

bool read_header(std::string_view bytes, NumericHeader& out) {
  if (bytes.size() < kHeaderBytes) return false;
  out = {word(bytes.data()), static_cast<int16_t>(word(bytes.data() + 2)), word(bytes.data() + 4), word(bytes.data() + 6)};
  return bytes.size() == kHeaderBytes + 2 * out.count && out.scale <= kScaleMax;
}

std::string_view special_name(uint16_t sign) {
  switch (sign) {
    case kNan: return "NaN";
    case kInfinity: return "Infinity";
    case kNegativeInfinity: return "-Infinity";
    default: return {};
  }
}

void put_group(char* to, unsigned group) {
  to[0] = static_cast<char>('0' + group / 1000);
  to[1] = static_cast<char>('0' + group / 100 % 10);
  to[2] = static_cast<char>('0' + group / 10 % 10);
  to[3] = static_cast<char>('0' + group % 10);
}

}  // namespace

size_t numeric_text_room(std::string_view bytes, int scale) {
  NumericHeader h;
  if (!read_header(bytes, h)) return 0;
  if (!special_name(h.sign).empty()) return 16;
  if (h.sign != kPositive && h.sign != kNegative) return 0;
  // sign, zero, point, and one group more on either side
  return 12 + 4 * static_cast<size_t>(h.weight < 0 ? 0 : h.weight + 1) + static_cast<size_t>(scale < 0 ? h.scale : scale);
}

size_t print_numeric(std::string_view bytes, int scale, char* to) {
  NumericHeader h;
  if (!read_header(bytes, h)) return 0;
  if (const std::string_view name = special_name(h.sign); !name.empty()) {
    std::memcpy(to, name.data(), name.size());
    return name.size();
  }
  if (scale < 0) scale = h.scale;
  const char* const digits = bytes.data() + kHeaderBytes;
  unsigned seen = 0;
  const auto group = [&](int i) -> unsigned { return i >= 0 && static_cast<size_t>(i) < h.count ? word(digits + 2 * i) : 0; };
  char* p = to;
  if (h.sign == kNegative) *p++ = '-';
  char* const first = p;
  for (int i = 0; i <= h.weight; ++i) {
    const unsigned v = group(i);
    if (v > 9999) return 0;
    char four[4];
    put_group(four, v);
    size_t skip = 0;
    while (p == first && skip < 4 && four[skip] == '0') ++skip;
    std::memcpy(p, four + skip, 4 - skip);
    p += 4 - skip;
    seen |= v;
  }
  if (p == first) *p++ = '0';
  if (scale > 0) {
    *p++ = '.';
    char* const point = p;
    for (int i = h.weight + 1; p - point < scale; ++i, p += 4) {
      const unsigned v = group(i);
      if (v > 9999) return 0;
      put_group(p, v);
    }
    p = point + scale;
    for (const char* q = point; seen == 0 && q < p; ++q) seen |= static_cast<unsigned>(*q - '0');
  }
  const auto size = static_cast<size_t>(p - to);
  if (h.sign == kPositive || seen != 0) return size;
  std::memmove(to, to + 1, size - 1);
  return size - 1;
}

std::optional<std::string> numeric_text(std::string_view bytes, int scale) {
  std::string out(numeric_text_room(bytes, scale), '\0');
  if (out.empty()) return std::nullopt;
  out.resize(print_numeric(bytes, scale, out.data()));
  if (out.empty()) return std::nullopt;
  return out;
}

}  // namespace tidemark::postgres
