// The SQL that the sink speaks, as text. Parameters are numbered in the order in which the functions' comments name them.
// Pure functions; every name is quoted, so any name is possible.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/sqlite/types.h"
#include "tidemark/schema.h"

namespace tidemark::sqlite {

using Columns = std::vector<uint16_t>;  // indexes into TableSchema::columns

std::string quote(std::string_view name);
/// A text literal, for pragma functions.
std::string literal(std::string_view text);

std::string create_table(const TableSchema& schema, std::string_view target, const std::vector<ColumnPlan>& plan);
/// ?1.. : the given columns.
std::string insert_sql(const TableSchema& schema, std::string_view target, const Columns& columns, size_t rows = 1);
/// ?1.. : all columns. The key is the only conflict that it resolves.
std::string upsert_sql(const TableSchema& schema, std::string_view target);
std::string empty_sql(std::string_view target);
/// ?1.. : key columns.
std::string delete_sql(const TableSchema& schema, std::string_view target);
/// ?1.. : `set` columns, then key columns. An empty `set` touches the row without changing it.
std::string update_sql(const TableSchema& schema, std::string_view target, const Columns& set);
/// One row that equals in the `match` columns, NULL-safe. ?1.. : `match` columns.
std::string delete_match_sql(const TableSchema& schema, std::string_view target, std::string_view rowid, const Columns& match);
/// ?1.. : `set` columns, then `match` columns.
std::string update_match_sql(const TableSchema& schema, std::string_view target, std::string_view rowid, const Columns& set,
                             const Columns& match);
/// All columns of one row. ?1.. : key columns.
std::string select_key_sql(const TableSchema& schema, std::string_view target);
/// Key columns in key order. ?1.. : the key to start after (when `after`), then the limit.
std::string key_page_sql(const TableSchema& schema, std::string_view target, bool after);
std::string select_all_sql(const TableSchema& schema, std::string_view target);

/// A name by which the rowid can be reached although columns may hide it: rowid, _rowid_ or oid; empty when all are taken.
std::string rowid_name(const TableSchema& schema);
/// ASCII letters in lower case: what SQLite compares names by.
std::string fold_name(std::string_view name);

}  // namespace tidemark::sqlite
