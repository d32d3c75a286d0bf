// How values lie in SQLite columns (STRICT types, one storage class a column, never decided by the value) and how they come back.
// Pure functions; used by the thread that owns the sink. Binding throws Error(data) for a value that has no form here.
#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/sqlite/text_forms.h"
#include "model/array_text.h"
#include "tidemark/arena.h"
#include "tidemark/sink.h"

namespace tidemark::sqlite {

enum class Storage : uint8_t { integer, real, text, blob };

/// "INTEGER", "REAL", "TEXT", "BLOB": the exact spelling matters for INTEGER PRIMARY KEY.
std::string_view declared_type(Storage storage);
/// Where the column lies unless the user wants it elsewhere.
Storage storage_of(const Column& column);

/// For the documentation: what it does not hold there; "" when it holds every value.
std::string_view what_is_lost(const Column& column);

/// Values that are not stored as they are.
enum class Form : uint8_t {
  plain,
  array_json,   // PostgreSQL's arrays as lists
  hstore_json,  // and hstore as an object
  real,         // decimals as doubles, since the user wants it so
  number,       // bits as an integer, likewise
  text,         // doubles as text, likewise
};

struct ColumnPlan {
  ValueKind kind = ValueKind::other;
  Storage storage = Storage::text;
  uint8_t fsp = 0;
  Form form = Form::plain;
  bool in_key = false;
  bool historic = false;  // dates of PostgreSQL
  Unfit unfit = Unfit::by_default;
  ElementForm elements = ElementForm::text;
  char delimiter = ',';
  std::string name;  // for messages
};
/// Throws Error(config) for a rule that cannot be followed.
std::vector<ColumnPlan> plan_columns(const SinkTable& table);

/// Binds without copying: the value's bytes and `slot` (kTextFormBytes long, one per parameter) must live until the statement was stepped.
/// Bytes of values in another form than their own are copied. Returns the SQLite result code. Absent values and values of another kind than
/// the column's are refused with Error(internal).
int bind_value(sqlite3_stmt* stmt, int index, const Value& value, const ColumnPlan& column, char* slot);

/// The column as a Value of the source's kind. What this sink cannot have written comes back as kind `other`, so that it equals nothing.
Value column_value(sqlite3_stmt* stmt, int index, const ColumnPlan& column, Arena& arena);

/// What column_value() will give for a value once it was bound and stored; throws as bind_value does.
Value stored_form(const Value& value, const ColumnPlan& column, Arena& arena);

}  // namespace tidemark::sqlite
