// The type codes of the binary log and of the binary result protocol, and what a server's flavour changes about them.
// Source: MySQL include/field_types.h, MariaDB sql/sql_const.h. Plain data.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark::mysql {

enum class Flavour : uint8_t { mysql, mariadb };

enum class ColumnType : uint8_t {
  old_decimal = 0,
  tiny = 1,
  short_int = 2,
  long_int = 3,
  float32 = 4,
  float64 = 5,
  null = 6,
  timestamp = 7,
  longlong = 8,
  int24 = 9,
  date = 10,
  time = 11,
  datetime = 12,
  year = 13,
  newdate = 14,
  varchar = 15,
  bit = 16,
  timestamp2 = 17,
  datetime2 = 18,
  time2 = 19,
  typed_array = 20,
  mariadb_blob_compressed = 140,
  mariadb_varchar_compressed = 141,
  vector = 242,
  invalid = 243,
  boolean = 244,
  json = 245,
  decimal = 246,
  enumeration = 247,
  set = 248,
  tiny_blob = 249,
  medium_blob = 250,
  long_blob = 251,
  blob = 252,
  var_string = 253,
  string = 254,
  geometry = 255,
};

/// "MEDIUMINT", for messages; "type 77" is the caller's text for those that have none (empty here).
std::string_view type_name(ColumnType type);
/// TIME, DATETIME and TIMESTAMP as stored before MySQL 5.6 and MariaDB 10.1, or with mysql56_temporal_format=OFF.
constexpr bool is_old_temporal(ColumnType type) {
  return type == ColumnType::time || type == ColumnType::datetime || type == ColumnType::timestamp;
}
/// The types that the signedness bitmap of a TABLE_MAP has a bit for.
bool has_signedness(ColumnType type);
/// Types whose charset a TABLE_MAP carries in its list for characters (CHAR, VARCHAR, TEXT and BLOB; ENUM and SET have their own).
bool is_character(ColumnType type, Flavour flavour);

}  // namespace tidemark::mysql
