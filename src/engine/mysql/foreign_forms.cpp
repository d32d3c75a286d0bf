#include "engine/mysql/foreign_forms.h"

#include <charconv>
#include <cstring>

#include "engine/mysql/json_fit.h"
#include "engine/mysql/plain_text.h"
#include "model/array_text.h"

namespace tidemark::mysql {
namespace {

constexpr std::string_view kPointHeader{"\0\0\0\0\1\1\0\0\0", 9};  // SRID, byte order, type
constexpr uint32_t kEwkbZ = 0x80000000, kEwkbM = 0x40000000, kEwkbSrid = 0x20000000;

bool all_exact(const ArrayText& array) {
  for (const ArrayElement& element : array.elements) {
    if (element.is_null || element.text == "NaN" || element.text == "Infinity" || element.text == "-Infinity") continue;
    if (!is_exact_number(element.text)) return false;
  }
  return true;
}

template <typename Number>
bool take_number(std::string_view& text, Number& out) {
  const auto r = std::from_chars(text.data(), text.data() + text.size(), out);
  if (r.ec != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(r.ptr - text.data()));
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

uint32_t u32_at(std::string_view bytes, size_t at) {
  uint32_t out = 0;
  for (size_t i = 0; i < 4; ++i) out |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[at + i])) << (8 * i);
  return out;
}

void put_u32(uint32_t v, std::string& out) {
  for (size_t i = 0; i < 4; ++i) out += static_cast<char>(v >> (8 * i));
}

}  // namespace

std::optional<std::string> array_as_json(const Column& column, std::string_view text) {
  const auto array = parse_array(text, array_delimiter(column.native_type));
  if (!array) return std::nullopt;
  ElementForm form = element_form(column.native_type);
  if (form == ElementForm::json || (form == ElementForm::number && !all_exact(*array))) form = ElementForm::text;
  return array_json(*array, form);
}

std::optional<std::string> hstore_as_json(std::string_view text) {
  const auto pairs = parse_hstore(text);
  if (!pairs) return std::nullopt;
  return hstore_json(*pairs);
}

std::optional<std::string> vector_from_text(std::string_view text) {
  std::string out;
  if (!take(text, '[')) return std::nullopt;
  while (!take(text, ']')) {
    float item = 0;
    if (!out.empty() && !take(text, ',')) return std::nullopt;
    while (take(text, ' ')) {
    }
    if (!take_number(text, item)) return std::nullopt;
    char bytes[4];
    std::memcpy(bytes, &item, 4);
    out.append(bytes, 4);
  }
  if (!text.empty()) return std::nullopt;
  return out;
}

std::string vector_text(std::string_view items) {
  std::string out = "[";
  for (size_t i = 0; i + 4 <= items.size(); i += 4) {
    float item = 0;
    std::memcpy(&item, items.data() + i, 4);
    TextRoom room;
    if (i > 0) out += ',';
    out += float_text(item, room);
  }
  return out + "]";
}

std::optional<std::string> point_from_text(std::string_view text) {
  double at[2] = {0, 0};
  // "Infinity" and "NaN" are read as well
  if (!take(text, '(') || !take_number(text, at[0]) || !take(text, ',') || !take_number(text, at[1]) || text != ")") return std::nullopt;
  std::string out(kPointHeader);
  for (const double coordinate : at) {
    char bytes[8];
    std::memcpy(bytes, &coordinate, 8);
    out.append(bytes, 8);
  }
  return out;
}

std::optional<std::string> point_text(std::string_view geometry) {
  if (geometry.size() != kPointHeader.size() + 16 || geometry.substr(0, kPointHeader.size()) != kPointHeader) return std::nullopt;
  std::string out;
  for (size_t i = 0; i < 2; ++i) {
    double coordinate = 0;
    std::memcpy(&coordinate, geometry.data() + kPointHeader.size() + 8 * i, 8);
    TextRoom room;
    out += i == 0 ? "(" : ",";
    out += float_text(coordinate, room);
  }
  return out + ")";
}

std::optional<std::string> geometry_from_ewkb(std::string_view hex) {
  std::string bytes;
  if (hex.size() % 2 != 0) return std::nullopt;
  for (size_t i = 0; i < hex.size(); i += 2) {
    unsigned byte = 0;
    if (std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16).ptr != hex.data() + i + 2) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  if (bytes.size() < 9 || bytes[0] != 1) return std::nullopt;
  const uint32_t type = u32_at(bytes, 1), kind = type & ~(kEwkbZ | kEwkbM | kEwkbSrid);
  if ((type & (kEwkbZ | kEwkbM)) != 0 || kind < 1 || kind > 7) return std::nullopt;
  const bool has_srid = (type & kEwkbSrid) != 0;
  std::string out;
  put_u32(has_srid ? u32_at(bytes, 5) : 0, out);
  out += '\1';
  put_u32(kind, out);
  return out + bytes.substr(has_srid ? 9 : 5);
}

std::string hex_text(std::string_view bytes) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char c : bytes) {
    out += kHex[static_cast<uint8_t>(c) >> 4];
    out += kHex[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

}  // namespace tidemark::mysql
