// How values lie in SQLite columns (STRICT types, one storage class a column, never decided by the value) and how they come back.
// Pure functions; used by the thread that owns the sink. Binding throws Error(data) for a value that has no form here.
#pragma once

#include <sqlite3.h>

#include <string_view>
#include <vector>

#include "engine/sqlite/text_forms.h"
#include "tidemark/arena.h"
#include "tidemark/schema.h"

namespace tidemark::sqlite {

enum class Storage : uint8_t { integer, real, text, blob };

/// "INTEGER", "REAL", "TEXT", "BLOB": the exact spelling matters for INTEGER PRIMARY KEY.
std::string_view declared_type(Storage storage);
Storage storage_of(const Column& column);

struct ColumnPlan {
  ValueKind kind;
  Storage storage;
  uint8_t fsp;
};
std::vector<ColumnPlan> plan_columns(const TableSchema& schema);

/// Binds without copying: the value's bytes and `slot` (kTextFormBytes long, one per parameter) must live until the statement was stepped.
/// Returns the SQLite result code. Absent values and values of another kind than the column's are refused with Error(internal).
int bind_value(sqlite3_stmt* stmt, int index, const Value& value, const ColumnPlan& column, char* slot);

/// The column as a Value of the source's kind. What this sink cannot have written comes back as kind `other`, so that it equals nothing.
Value column_value(sqlite3_stmt* stmt, int index, const ColumnPlan& column, Arena& arena);

/// What column_value() will give for a value once it was bound and stored.
Value stored_form(const Value& value);

}  // namespace tidemark::sqlite
