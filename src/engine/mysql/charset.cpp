#include "engine/mysql/charset.h"

#include <algorithm>
#include <iterator>

#include "engine/mysql/charset_tables.h"
#include "engine/mysql/utf8.h"

namespace tidemark::mysql {

namespace {

using Form = Charset::Form;

constexpr uint8_t id(SingleByteSet set) { return static_cast<uint8_t>(set); }
constexpr uint8_t id(DoubleByteSet set) { return static_cast<uint8_t>(set); }

constexpr Charset kCharsets[] = {
    {"utf8mb4", Form::pass, 4, 0},
    {"utf8mb3", Form::pass, 3, 0},
    {"binary", Form::pass, 1, 0},
    {"ascii", Form::pass, 1, 0},
    {"latin1", Form::single_byte, 1, id(SingleByteSet::latin1)},
    {"armscii8", Form::single_byte, 1, id(SingleByteSet::armscii8)},
    {"cp1250", Form::single_byte, 1, id(SingleByteSet::cp1250)},
    {"cp1251", Form::single_byte, 1, id(SingleByteSet::cp1251)},
    {"cp1256", Form::single_byte, 1, id(SingleByteSet::cp1256)},
    {"cp1257", Form::single_byte, 1, id(SingleByteSet::cp1257)},
    {"cp850", Form::single_byte, 1, id(SingleByteSet::cp850)},
    {"cp852", Form::single_byte, 1, id(SingleByteSet::cp852)},
    {"cp866", Form::single_byte, 1, id(SingleByteSet::cp866)},
    {"dec8", Form::single_byte, 1, id(SingleByteSet::dec8)},
    {"geostd8", Form::single_byte, 1, id(SingleByteSet::geostd8)},
    {"greek", Form::single_byte, 1, id(SingleByteSet::greek)},
    {"hebrew", Form::single_byte, 1, id(SingleByteSet::hebrew)},
    {"hp8", Form::single_byte, 1, id(SingleByteSet::hp8)},
    {"keybcs2", Form::single_byte, 1, id(SingleByteSet::keybcs2)},
    {"koi8r", Form::single_byte, 1, id(SingleByteSet::koi8r)},
    {"koi8u", Form::single_byte, 1, id(SingleByteSet::koi8u)},
    {"latin2", Form::single_byte, 1, id(SingleByteSet::latin2)},
    {"latin5", Form::single_byte, 1, id(SingleByteSet::latin5)},
    {"latin7", Form::single_byte, 1, id(SingleByteSet::latin7)},
    {"macce", Form::single_byte, 1, id(SingleByteSet::macce)},
    {"macroman", Form::single_byte, 1, id(SingleByteSet::macroman)},
    {"swe7", Form::single_byte, 1, id(SingleByteSet::swe7)},
    {"tis620", Form::single_byte, 1, id(SingleByteSet::tis620)},
    {"big5", Form::double_byte, 2, id(DoubleByteSet::big5)},
    {"gb2312", Form::double_byte, 2, id(DoubleByteSet::gb2312)},
    {"gbk", Form::double_byte, 2, id(DoubleByteSet::gbk)},
    {"sjis", Form::double_byte, 2, id(DoubleByteSet::sjis)},
    {"cp932", Form::double_byte, 2, id(DoubleByteSet::cp932)},
    {"ujis", Form::double_byte, 3, id(DoubleByteSet::ujis)},
    {"eucjpms", Form::double_byte, 3, id(DoubleByteSet::eucjpms)},
    {"euckr", Form::double_byte, 2, id(DoubleByteSet::euckr)},
    {"gb18030", Form::gb18030, 4, id(DoubleByteSet::gb18030)},
    {"ucs2", Form::ucs2, 2, 0},
    {"utf16", Form::utf16, 4, 0},
    {"utf16le", Form::utf16le, 4, 0},
    {"utf32", Form::utf32, 4, 0},
};

uint8_t byte_at(std::string_view text, size_t i) { return static_cast<uint8_t>(text[i]); }

size_t from_single_byte(std::string_view text, SingleByteSet set, char* out) {
  const SingleByteTable& table = single_byte_table(set);
  char* p = out;
  for (char c : text) {
    // four bytes are always written, so there is room for one more than is used
    uint32_t entry = table[static_cast<uint8_t>(c)];
    std::memcpy(p, &entry, 4);
    p += entry >> 24;
  }
  return static_cast<size_t>(p - out);
}

struct Range {
  uint8_t first, last;
  bool has(uint8_t byte) const { return byte >= first && byte <= last; }
};

/// Well formed, whether a character is assigned to it or not.
bool is_pair(DoubleByteSet set, uint8_t lead, uint8_t trail) {
  static constexpr struct {
    Range leads[2], trails[3];
  } kForms[] = {
      {{{0xA1, 0xF9}, {1, 0}}, {{0x40, 0x7E}, {0xA1, 0xFE}, {1, 0}}},        // big5
      {{{0xA1, 0xF7}, {1, 0}}, {{0xA1, 0xFE}, {1, 0}, {1, 0}}},              // gb2312
      {{{0x81, 0xFE}, {1, 0}}, {{0x40, 0x7E}, {0x80, 0xFE}, {1, 0}}},        // gbk
      {{{0x81, 0xFE}, {1, 0}}, {{0x40, 0x7E}, {0x80, 0xFE}, {1, 0}}},        // gb18030
      {{{0x81, 0x9F}, {0xE0, 0xFC}}, {{0x40, 0x7E}, {0x80, 0xFC}, {1, 0}}},  // sjis
      {{{0x81, 0x9F}, {0xE0, 0xFC}}, {{0x40, 0x7E}, {0x80, 0xFC}, {1, 0}}},  // cp932
      {{{0xA1, 0xFE}, {1, 0}}, {{0xA1, 0xFE}, {1, 0}, {1, 0}}},              // ujis
      {{{1, 0}, {1, 0}}, {{1, 0}, {1, 0}, {1, 0}}},                          // ujis_8f
      {{{0xA1, 0xFE}, {1, 0}}, {{0xA1, 0xFE}, {1, 0}, {1, 0}}},              // eucjpms
      {{{1, 0}, {1, 0}}, {{1, 0}, {1, 0}, {1, 0}}},                          // eucjpms_8f
      {{{0x81, 0xFE}, {1, 0}}, {{0x41, 0x5A}, {0x61, 0x7A}, {0x81, 0xFE}}},  // euckr
  };
  static_assert(std::size(kForms) == static_cast<size_t>(DoubleByteSet::count));
  const auto& form = kForms[static_cast<size_t>(set)];
  auto has = [](const auto& ranges, uint8_t byte) {
    return std::any_of(std::begin(ranges), std::end(ranges), [byte](const Range& r) { return r.has(byte); });
  };
  return has(form.leads, lead) && has(form.trails, trail);
}

/// A set of one- and two-byte codes, three after 0x8F in the Japanese EUC sets, four in GB 18030.
size_t from_double_byte(std::string_view text, const Charset& charset, char* out) {
  auto set = static_cast<DoubleByteSet>(charset.table());
  const DoubleByteTable& table = double_byte_table(set);
  const bool shift_jis = set == DoubleByteSet::sjis || set == DoubleByteSet::cp932;
  const bool euc_japanese = charset.bytes_max() == 3;
  char* p = out;
  for (size_t i = 0; i < text.size();) {
    uint8_t lead = byte_at(text, i);
    if (lead < 0x80) {
      *p++ = text[i++];
      continue;
    }
    if (shift_jis && lead >= 0xA1 && lead <= 0xDF) {
      p += put_utf8(0xFF61u + (lead - 0xA1u), p);
      ++i;
      continue;
    }
    uint32_t point = 0;
    size_t used = 1;
    if (euc_japanese && lead == 0x8F) {
      if (i + 2 < text.size() && byte_at(text, i + 1) >= 0xA1 && byte_at(text, i + 2) >= 0xA1) {
        auto second = set == DoubleByteSet::ujis ? DoubleByteSet::ujis_8f : DoubleByteSet::eucjpms_8f;
        point = double_byte_table(second)[(byte_at(text, i + 1) & 0x7Fu) << 8 | byte_at(text, i + 2)];
        used = 3;
      }
    } else if (i + 1 < text.size()) {
      uint8_t trail = byte_at(text, i + 1);
      if (charset.form() == Form::gb18030 && trail >= 0x30 && trail <= 0x39) {
        if (i + 3 < text.size()) {
          point = gb18030_four_bytes(static_cast<uint32_t>(lead) << 24 | static_cast<uint32_t>(trail) << 16 |
                                     static_cast<uint32_t>(byte_at(text, i + 2)) << 8 | byte_at(text, i + 3));
          if (byte_at(text, i + 2) >= 0x81) used = 4;
        }
      } else {
        point = table[(lead & 0x7Fu) << 8 | trail];
        // An unassigned pair is one '?'; a byte that cannot be followed by this one stands alone.
        if (point != 0 || is_pair(set, lead, trail)) used = 2;
      }
    }
    p += put_utf8(point == 0 ? '?' : point, p);
    i += used;
  }
  return static_cast<size_t>(p - out);
}

size_t from_utf16(std::string_view text, bool little, bool surrogates, char* out) {
  char* p = out;
  auto unit = [&](size_t i) {
    uint32_t a = byte_at(text, i), b = byte_at(text, i + 1);
    return little ? b << 8 | a : a << 8 | b;
  };
  size_t i = 0;
  while (i + 1 < text.size()) {
    uint32_t c = unit(i);
    i += 2;
    if (surrogates && c >= 0xD800 && c <= 0xDFFF) {
      uint32_t low = c < 0xDC00 && i + 1 < text.size() ? unit(i) : 0;
      if (low >= 0xDC00 && low <= 0xDFFF) {
        c = 0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF));
        i += 2;
      } else {
        c = '?';
      }
    } else if (c >= 0xD800 && c <= 0xDFFF) {
      c = '?';
    }
    p += put_utf8(c, p);
  }
  if (i < text.size()) *p++ = '?';
  return static_cast<size_t>(p - out);
}

size_t from_utf32(std::string_view text, char* out) {
  char* p = out;
  size_t i = 0;
  for (; i + 3 < text.size(); i += 4) {
    uint32_t c = 0;
    for (size_t k = 0; k < 4; ++k) c = c << 8 | byte_at(text, i + k);
    p += put_utf8(c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF) ? '?' : c, p);
  }
  if (i < text.size()) *p++ = '?';
  return static_cast<size_t>(p - out);
}

/// Bytes of UTF-8 that one byte of any set can become, and what from_single_byte writes too much.
constexpr size_t kGrowth = 3, kSlack = 4;

size_t convert_to(const Charset& charset, std::string_view text, char* out) {
  switch (charset.form()) {
    case Form::pass: break;
    case Form::single_byte: return from_single_byte(text, static_cast<SingleByteSet>(charset.table()), out);
    case Form::double_byte:
    case Form::gb18030: return from_double_byte(text, charset, out);
    case Form::ucs2: return from_utf16(text, false, false, out);
    case Form::utf16: return from_utf16(text, false, true, out);
    case Form::utf16le: return from_utf16(text, true, true, out);
    case Form::utf32: return from_utf32(text, out);
  }
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return text.size();
}

/// Codes below 0x80 are ASCII, wherever they start a character.
bool extends_ascii(const Charset& charset) {
  bool by_bytes = charset.form() == Form::single_byte || charset.form() == Form::double_byte || charset.form() == Form::gb18030;
  return by_bytes && charset.name() != "swe7";
}

}  // namespace

std::string_view Charset::convert(std::string_view text, Arena& arena) const {
  if (extends_ascii(*this) && ascii_prefix(text) == text.size()) return text;
  size_t room = text.size() * kGrowth + kSlack;
  constexpr size_t kLarge = 4096;
  if (room > kLarge) {  // too large for Arena::trim_last to give the rest back
    std::string converted(room, '\0');
    converted.resize(convert_to(*this, text, converted.data()));
    return arena.copy(converted);
  }
  char* out = arena.allocate(room);
  size_t used = convert_to(*this, text, out);
  arena.trim_last(out, room, used);
  return {out, used};
}

std::string Charset::to_utf8(std::string_view text) const {
  if (passes_through()) return std::string(text);
  std::string out(text.size() * kGrowth + kSlack, '\0');
  out.resize(convert_to(*this, text, out.data()));
  return out;
}

const Charset* charset_by_name(std::string_view name) {
  if (name == "utf8") name = "utf8mb3";
  const auto* end = std::end(kCharsets);
  const auto* it = std::find_if(std::begin(kCharsets), end, [&](const Charset& c) { return c.name() == name; });
  return it == end ? nullptr : it;
}

}  // namespace tidemark::mysql
