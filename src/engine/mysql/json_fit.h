// Whether a server takes a JSON text and keeps every number of it. A scanner, not a parser: what is not JSON at all the server refuses
// by itself. Pure; any thread; any bytes.
// Source: MySQL sql-common/json_dom.cc (depth 100, names of 65535 bytes, numbers are int64, uint64 or double), MariaDB
// strings/json_lib.c (JSON_DEPTH_LIMIT).
#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark::mysql {

enum class JsonFault : uint8_t { none, number, deep, refused };

/// For MySQL's binary JSON: numbers must survive as integers of 64 bits or as doubles.
JsonFault check_json_for_mysql(std::string_view json);
/// For MariaDB's CHECK (json_valid(...)): the text stays as it is.
JsonFault check_json_for_mariadb(std::string_view json);

/// A number of JSON that is the same after the server has read it as an integer of 64 bits or as a double and printed it again.
bool is_exact_number(std::string_view number);

}  // namespace tidemark::mysql
