// SQL text of MySQL and MariaDB: quoted names, literals of Values, and the predicates of keyset reads.
// Text literals are hexadecimal with an introducer, so that neither sql_mode nor the connection's character set can change them.
// Pure functions; any thread. literal() throws Error(internal) for values that cannot be part of a key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tidemark/key.h"
#include "tidemark/schema.h"

namespace tidemark::mysql {

/// `name` with every backtick doubled.
std::string quote_name(std::string_view name);
/// `database`.`table`
std::string quote_name(const TableName& name);
/// 'text', for statements that take a string but no hexadecimal literal, and for hints; backslashes and quotes are escaped.
std::string quote_text(std::string_view text);
/// A text or byte literal: _utf8mb4 X'...' or X'...'.
std::string hex_literal(std::string_view bytes, bool is_text);
/// The literal that `column` is compared with. The server then converts it to the column's character set, and can use an index.
std::string literal(const Column& column, const Value& value);

/// "`a`, `b`" of the key's columns, in key order, for SELECT and for ORDER BY.
std::string key_columns(const TableSchema& table);
/// after < key <= upto on the whole key, each end optional, expanded so that the optimizer makes index ranges of it (row comparisons
/// are not used for ranges by either server). "" when both ends are open. The values are schema.key.size() Values, or null.
std::string range_predicate(const TableSchema& table, const Value* after, const Value* upto);
/// key = values.
std::string equal_predicate(const TableSchema& table, const Value* values);

}  // namespace tidemark::mysql
