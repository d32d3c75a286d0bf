#include "engine/mysql/sink_type_size.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "engine/mysql/charset.h"
#include "engine/mysql/decimal.h"

namespace tidemark::mysql {
namespace {

struct Fixed {
  std::string_view name;
  uint32_t bytes;
};

constexpr Fixed kFixed[] = {
    {"tinyint", 1}, {"smallint", 2}, {"mediumint", 3}, {"int", 4},  {"integer", 4}, {"bigint", 8}, {"year", 1},
    {"float", 4},   {"double", 8},   {"real", 8},      {"date", 3}, {"uuid", 16},   {"inet4", 4},  {"inet6", 16},
};
// kept outside of the row, which has a length and an address
constexpr Fixed kLarge[] = {
    {"tinytext", 9},
    {"text", 10},
    {"mediumtext", 11},
    {"longtext", 12},
    {"tinyblob", 9},
    {"blob", 10},
    {"mediumblob", 11},
    {"longblob", 12},
    {"json", 12},
    {"geometry", 12},
    {"point", 12},
    {"linestring", 12},
    {"polygon", 12},
    {"multipoint", 12},
    {"multilinestring", 12},
    {"multipolygon", 12},
    {"geometrycollection", 12},
};

template <size_t N>
const Fixed* find(const Fixed (&list)[N], std::string_view name) {
  const auto* it = std::find_if(std::begin(list), std::end(list), [&](const Fixed& f) { return f.name == name; });
  return it == std::end(list) ? nullptr : it;
}

/// The first and second number in brackets.
struct Numbers {
  uint32_t first = 0, second = 0;
};
Numbers numbers_of(std::string_view type) {
  Numbers out;
  const size_t open = type.find('(');
  if (open == std::string_view::npos) return out;
  const char* const end = type.data() + type.size();
  const auto first = std::from_chars(type.data() + open + 1, end, out.first);
  if (first.ec == std::errc() && first.ptr < end && *first.ptr == ',') std::from_chars(first.ptr + 1, end, out.second);
  return out;
}

uint32_t bytes_per_character(std::string_view type) {
  constexpr std::string_view kMark = " CHARACTER SET ";
  const size_t at = type.find(kMark);
  if (at == std::string_view::npos) return 4;
  std::string_view name = type.substr(at + kMark.size());
  const Charset* charset = charset_by_name(name.substr(0, name.find(' ')));
  return charset == nullptr ? 4 : charset->bytes_max();
}

uint32_t labels_of(std::string_view type) { return 1 + static_cast<uint32_t>(std::count(type.begin(), type.end(), ',')); }

}  // namespace

TypeSize size_of_type(std::string_view type) {
  const std::string_view name = type.substr(0, type.find_first_of("( "));
  const auto [n, scale] = numbers_of(type);
  TypeSize out;
  const auto sized = [&](uint32_t bytes) { out.row_bytes = out.key_bytes = bytes; };
  if (const Fixed* fixed = find(kFixed, name)) {
    sized(fixed->bytes);
  } else if (const Fixed* large = find(kLarge, name)) {
    sized(large->bytes);
    out.is_large = true;
    out.is_text = name.size() >= 4 && name.substr(name.size() - 4) == "text";
    out.is_binary = name.size() >= 4 && name.substr(name.size() - 4) == "blob";
    if (out.is_text) out.bytes_per_character = bytes_per_character(type);
  } else if (name == "char" || name == "varchar") {
    out.is_text = true;
    out.bytes_per_character = bytes_per_character(type);
    out.key_bytes = n * out.bytes_per_character;
    out.row_bytes = out.key_bytes + (name == "char" ? 0 : out.key_bytes > 255 ? 2 : 1);
  } else if (name == "binary" || name == "varbinary") {
    out.is_binary = true;
    out.key_bytes = n;
    out.row_bytes = n + (name == "binary" ? 0 : n > 255 ? 2 : 1);
  } else if (name == "decimal" || name == "numeric") {
    sized(static_cast<uint32_t>(decimal_bytes(static_cast<uint8_t>(n == 0 ? 10 : n), static_cast<uint8_t>(scale))));
  } else if (name == "bit") {
    sized((n + 7) / 8);
  } else if (name == "time" || name == "datetime" || name == "timestamp") {
    sized((name == "time" ? 3 : name == "datetime" ? 5 : 4) + (n + 1) / 2);
  } else if (name == "enum") {
    sized(2);
  } else if (name == "set") {
    sized(std::min<uint32_t>(8, (labels_of(type) + 7) / 8));
  } else if (name == "vector") {
    sized(12);
    out.is_large = true;
  } else {
    sized(8);
  }
  return out;
}

void shrink_row(std::vector<std::string>& types, const std::vector<bool>& fixed) {
  for (;;) {
    uint32_t total = static_cast<uint32_t>(types.size() + 7) / 8, widest_bytes = 64;
    size_t widest = types.size();
    for (size_t i = 0; i < types.size(); ++i) {
      const TypeSize size = size_of_type(types[i]);
      total += size.row_bytes;
      if (fixed[i] || size.is_large || !(size.is_text || size.is_binary) || size.row_bytes <= widest_bytes) continue;
      widest = i;
      widest_bytes = size.row_bytes;
    }
    if (total <= kRowBytesMax || widest == types.size()) return;
    const TypeSize size = size_of_type(types[widest]);
    const std::string attributes = size.is_text ? types[widest].substr(types[widest].find(')') + 1) : std::string();
    types[widest] = (size.is_text ? "text" : "blob") + attributes;  // 65535 bytes: as many as any of them has
  }
}

}  // namespace tidemark::mysql
