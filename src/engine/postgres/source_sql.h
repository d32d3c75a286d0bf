// The text of the queries that read a source's tables: column lists and ranges of keys. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "tidemark/schema.h"
#include "tidemark/value.h"

namespace tidemark::postgres {

/// What COPY (FORMAT binary) selects, in the order of the columns: a column itself, or, when its binary form is not exact
/// (value_decoding.h), what its type's output function prints.
std::string copy_list(const TableSchema& table);
/// "a", "b": the key's columns.
std::string key_list(const TableSchema& table);

/// after < key <= upto in the server's own order; null pointers are open ends, "" when both are.
std::string range_predicate(const TableSchema& table, const Value* after, const Value* upto);
/// The key equals one of these, by the server's comparison; at least one.
std::string keys_predicate(const TableSchema& table, const std::vector<std::vector<Value>>& keys);

}  // namespace tidemark::postgres
