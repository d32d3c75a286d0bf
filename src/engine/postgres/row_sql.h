// The text of the statements that change rows. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "engine/postgres/target_table.h"

namespace tidemark::postgres {

/// "INSERT INTO t (c, ...) " with what an identity column needs.
std::string insert_head(const TargetTable& table);
/// " ON CONFLICT (key) DO UPDATE SET ...", DO NOTHING when there is nothing but the key; "" for a table without key.
std::string conflict_tail(const TargetTable& table);
/// "unnest($1::bigint[],$2::text[])"
std::string unnest_call(const TargetTable& table, const std::vector<size_t>& columns);

/// "t.k=u.k0", the right side as the column's type.
std::string key_equals(const TargetTable& table, size_t column, const std::string& parameter);
/// What the temporary table selects for its columns, and INSERT ... SELECT out of it; `plain`: no row with these keys is there.
std::string stage_columns(const TargetTable& table);
std::string staged_sql(const TargetTable& table, bool plain);

std::string upsert_sql(const TargetTable& table);
std::string empty_sql(const TargetTable& table);
std::string remove_sql(const TargetTable& table);
/// UPDATE of `set` columns, matched by the key; parameters: the key's arrays, then the set columns'. `single`: one row, scalar parameters.
std::string patch_sql(const TargetTable& table, const std::vector<size_t>& set, bool single);
/// One row that equals the `match` columns NULL-safe. Parameters: match columns, then set columns. No `set`: DELETE.
std::string match_whole_sql(const TargetTable& table, const std::vector<size_t>& match, const std::vector<size_t>& set, bool is_delete);
/// One row, scalar parameters, all columns.
std::string insert_single_sql(const TargetTable& table);

}  // namespace tidemark::postgres
