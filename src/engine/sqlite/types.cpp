#include "engine/sqlite/types.h"

#include <cmath>
#include <string>

#include "tidemark/error.h"

namespace tidemark::sqlite {

namespace {

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  for (size_t i = 0; i < lower.size(); ++i) {
    char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

int bind_text(sqlite3_stmt* stmt, int index, std::string_view text) {
  return sqlite3_bind_text64(stmt, index, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

int bind_form(sqlite3_stmt* stmt, int index, std::string_view text, ValueKind kind) {
  if (text.empty())
    throw Error(ErrorKind::data, "write SQLite row",
                "a " + std::string(kind_name(kind)) + " value is outside of what its text form can hold",
                "correct the row at the source, or leave the table out with tables.exclude");
  return bind_text(stmt, index, text);
}

[[noreturn]] void refuse_kind(const Value& value, const ColumnPlan& column) {
  throw Error(ErrorKind::internal, "write SQLite row",
              "a value of kind " + std::string(kind_name(value.kind())) + " in a column of kind " + std::string(kind_name(column.kind)));
}

Value foreign_value(sqlite3_stmt* stmt, int index, Arena& arena) {
  const void* data = sqlite3_column_blob(stmt, index);
  auto size = static_cast<size_t>(sqlite3_column_bytes(stmt, index));
  return Value::of_bytes(ValueKind::other, arena.copy({static_cast<const char*>(data), size}));
}

}  // namespace

std::string_view declared_type(Storage storage) {
  switch (storage) {
    case Storage::integer: return "INTEGER";
    case Storage::real: return "REAL";
    case Storage::text: return "TEXT";
    case Storage::blob: return "BLOB";
  }
  return "BLOB";
}

Storage storage_of(const Column& column) {
  switch (column.kind) {
    case ValueKind::boolean:
    case ValueKind::int64: return Storage::integer;
    case ValueKind::uint64:
      // Narrower types fit an SQLite integer; BIGINT UNSIGNED does not, and its storage class must not depend on the value.
      for (std::string_view narrow : {"tinyint", "smallint", "mediumint", "int", "year"})
        if (starts_with_ignoring_case(column.native_type, narrow)) return Storage::integer;
      return Storage::text;
    case ValueKind::float32:
    case ValueKind::float64: return Storage::real;
    case ValueKind::bytes:
    case ValueKind::bits:
    case ValueKind::vector:
    case ValueKind::geometry: return Storage::blob;
    default: return Storage::text;
  }
}

std::vector<ColumnPlan> plan_columns(const TableSchema& schema) {
  std::vector<ColumnPlan> plan;
  plan.reserve(schema.columns.size());
  for (const Column& column : schema.columns) plan.push_back({column.kind, storage_of(column), column.scale});
  return plan;
}

int bind_value(sqlite3_stmt* stmt, int index, const Value& value, const ColumnPlan& column, char* slot) {
  if (value.is_null()) return sqlite3_bind_null(stmt, index);
  if (value.kind() != column.kind) refuse_kind(value, column);
  switch (value.kind()) {
    case ValueKind::boolean:
    case ValueKind::int64: return sqlite3_bind_int64(stmt, index, value.int64());
    case ValueKind::uint64:
      if (column.storage == Storage::integer) return sqlite3_bind_int64(stmt, index, value.int64());
      return bind_text(stmt, index, uint64_text(value.uint64(), slot));
    case ValueKind::float32: return sqlite3_bind_double(stmt, index, static_cast<double>(value.float32()));
    case ValueKind::float64: return sqlite3_bind_double(stmt, index, value.float64());
    case ValueKind::date: return bind_form(stmt, index, date_text(value.civil(), slot), value.kind());
    case ValueKind::time: return bind_form(stmt, index, time_text(value.int64(), column.fsp, slot), value.kind());
    case ValueKind::datetime: return bind_form(stmt, index, datetime_text(value.civil(), column.fsp, false, slot), value.kind());
    case ValueKind::timestamp: return bind_form(stmt, index, datetime_text(value.civil(), column.fsp, true, slot), value.kind());
    case ValueKind::uuid: return bind_form(stmt, index, uuid_text(value.bytes(), slot), value.kind());
    case ValueKind::bytes:
    case ValueKind::bits:
    case ValueKind::vector:
    case ValueKind::geometry: {
      std::string_view bytes = value.bytes();
      return sqlite3_bind_blob64(stmt, index, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
    }
    case ValueKind::decimal:
    case ValueKind::text:
    case ValueKind::json:
    case ValueKind::interval:
    case ValueKind::array:
    case ValueKind::other: return bind_text(stmt, index, value.bytes());
    case ValueKind::absent:
    case ValueKind::null: break;
  }
  refuse_kind(value, column);
}

namespace {

Value parse_text(std::string_view text, const ColumnPlan& column, Arena& arena) {
  switch (column.kind) {
    case ValueKind::uint64:
      if (auto number = parse_uint64(text)) return Value::uint64(*number);
      break;
    case ValueKind::date:
      if (auto c = parse_date(text)) return Value::date(c->year, c->month, c->day);
      break;
    case ValueKind::time:
      if (auto micros = parse_time(text, column.fsp)) return Value::time(*micros, column.fsp);
      break;
    case ValueKind::datetime:
      if (auto c = parse_datetime(text, column.fsp, false)) return Value::datetime(*c, column.fsp);
      break;
    case ValueKind::timestamp:
      if (auto c = parse_datetime(text, column.fsp, true)) return Value::timestamp(*c, column.fsp);
      break;
    case ValueKind::uuid: {
      char* bytes = arena.allocate(16);
      if (parse_uuid(text, bytes)) return Value::of_bytes(ValueKind::uuid, {bytes, 16});
      break;
    }
    default: return Value::of_bytes(column.kind, arena.copy(text));
  }
  return Value::of_bytes(ValueKind::other, arena.copy(text));
}

Value parse_integer(int64_t number, const ColumnPlan& column) {
  if (column.kind == ValueKind::boolean && (number == 0 || number == 1)) return Value::boolean(number == 1);
  if (column.kind == ValueKind::uint64 && number >= 0) return Value::uint64(static_cast<uint64_t>(number));
  // a number that the column's kind cannot have: as int64 it equals nothing of that kind
  return Value::int64(number);
}

}  // namespace

Value column_value(sqlite3_stmt* stmt, int index, const ColumnPlan& column, Arena& arena) {
  int type = sqlite3_column_type(stmt, index);
  if (type == SQLITE_NULL) return Value::null();
  if (type == SQLITE_INTEGER && column.storage == Storage::integer) return parse_integer(sqlite3_column_int64(stmt, index), column);
  if (type == SQLITE_FLOAT && column.storage == Storage::real) {
    double number = sqlite3_column_double(stmt, index);
    if (column.kind == ValueKind::float64) return Value::float64(number);
    auto narrow = static_cast<float>(number);
    // a double that is no float was written by someone else
    return static_cast<double>(narrow) == number ? Value::float32(narrow) : Value::float64(number);
  }
  if ((type == SQLITE_TEXT && column.storage == Storage::text) || (type == SQLITE_BLOB && column.storage == Storage::blob)) {
    // text is asked for as text: the file may be an existing one in UTF-16
    const void* data = type == SQLITE_TEXT ? static_cast<const void*>(sqlite3_column_text(stmt, index)) : sqlite3_column_blob(stmt, index);
    std::string_view bytes(data == nullptr ? "" : static_cast<const char*>(data), static_cast<size_t>(sqlite3_column_bytes(stmt, index)));
    if (type == SQLITE_TEXT) return parse_text(bytes, column, arena);
    return Value::of_bytes(column.kind, arena.copy(bytes));
  }
  return foreign_value(stmt, index, arena);
}

Value stored_form(const Value& value) {
  // SQLite turns NaN into NULL, and -0.0 in a REAL column into 0.0 (it stores whole numbers there as integers).
  if (value.kind() == ValueKind::float64) {
    if (std::isnan(value.float64())) return Value::null();
    if (value.float64() == 0) return Value::float64(0);
  }
  if (value.kind() == ValueKind::float32) {
    if (std::isnan(value.float32())) return Value::null();
    if (value.float32() == 0) return Value::float32(0);
  }
  return value;
}

}  // namespace tidemark::sqlite
