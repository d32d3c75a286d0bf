// Tables whose key is one column of a type, with values that a sink may take for one another: letters that differ by case, blanks and
// zero bytes at the end, decimals, arrays. For `verify`, which compares every row: nothing here says how a value looks at the sink.
#pragma once

#include <string>

namespace tidemark::test {

/// CREATE TABLE and the rows that are copied. `engine`: of the source.
std::string key_type_tables(const std::string& engine);
/// INSERT, UPDATE of a row and of a key, DELETE, and a row that comes back.
std::string key_type_changes(const std::string& engine);

}  // namespace tidemark::test
