#include "engine/sqlite/types.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
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
      if (column.family == TypeFamily::postgres) return column.native_type == "oid" ? Storage::integer : Storage::text;
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

namespace {

[[noreturn]] void refuse_value(const ColumnPlan& column, std::string cause, std::string cure = {}) {
  throw Error(
      ErrorKind::data, "write SQLite column " + column.name, std::move(cause),
      cure + "say under columns: of the pipeline what becomes of such values, unfit: null or clamp, or correct the row at the source");
}

/// True: NULL is what the user wants in place of a value that does not fit.
bool becomes_null(const ColumnPlan& column) { return column.unfit == Unfit::null && !column.in_key; }

int bind_double(sqlite3_stmt* stmt, int index, double number, const ColumnPlan& column) {
  if (!std::isnan(number)) return sqlite3_bind_double(stmt, index, number);
  if (!becomes_null(column)) refuse_value(column, "NaN, which SQLite does not have", "give the column the type TEXT, or ");
  return sqlite3_bind_null(stmt, index);
}

/// Whole numbers above the largest of SQLite.
int bind_integer(sqlite3_stmt* stmt, int index, const Value& value, const ColumnPlan& column) {
  if (value.uint64() <= static_cast<uint64_t>(INT64_MAX)) return sqlite3_bind_int64(stmt, index, value.int64());
  if (becomes_null(column)) return sqlite3_bind_null(stmt, index);
  if (column.unfit != Unfit::clamp) refuse_value(column, "a number above 9223372036854775807");
  return sqlite3_bind_int64(stmt, index, INT64_MAX);
}

Value array_as_json(const Value& value, const ColumnPlan& column, Arena& arena) {
  const std::optional<ArrayText> array = parse_array(value.bytes(), column.delimiter);
  if (!array) throw Error(ErrorKind::internal, "write SQLite column " + column.name, "an array in a form that PostgreSQL does not print");
  return Value::of_bytes(ValueKind::json, arena.copy(array_json(*array, column.elements)));
}

Value hstore_as_json(const Value& value, const ColumnPlan& column, Arena& arena) {
  const auto pairs = parse_hstore(value.bytes());
  if (!pairs) throw Error(ErrorKind::internal, "write SQLite column " + column.name, "an hstore in a form that PostgreSQL does not print");
  return Value::of_bytes(ValueKind::json, arena.copy(hstore_json(*pairs)));
}

Value decimal_as_real(const Value& value, const ColumnPlan& column) {
  const std::string text(value.bytes());
  const double number = std::strtod(text.c_str(), nullptr);
  if (!std::isnan(number)) return Value::float64(number == 0 ? 0 : number);
  if (!becomes_null(column)) refuse_value(column, "NaN, which SQLite does not have");
  return Value::null();
}

Value bits_as_number(const Value& value) {
  uint64_t number = 0;
  for (char c : value.bytes()) number = number << 8 | static_cast<uint8_t>(c);
  return Value::int64(static_cast<int64_t>(number));
}

Value float_as_text(const Value& value, Arena& arena) {
  const bool single = value.kind() == ValueKind::float32;
  const double number = single ? static_cast<double>(value.float32()) : value.float64();
  char out[64];
  std::string_view text(out, 0);
  if (std::isnan(number))
    text = "NaN";
  else if (std::isinf(number))
    text = number < 0 ? "-Infinity" : "Infinity";
  else
    text = {out,
            static_cast<size_t>((single ? std::to_chars(out, out + 64, value.float32()) : std::to_chars(out, out + 64, number)).ptr - out)};
  return Value::of_bytes(ValueKind::text, arena.copy(text));
}

/// The value in the column's form, which is not its own.
Value adapted(const Value& value, const ColumnPlan& column, Arena& arena) {
  switch (column.form) {
    case Form::plain: break;
    case Form::array_json: return array_as_json(value, column, arena);
    case Form::hstore_json: return hstore_as_json(value, column, arena);
    case Form::real: return decimal_as_real(value, column);
    case Form::number: return bits_as_number(value);
    case Form::text: return float_as_text(value, arena);
  }
  return value;
}

int bind_adapted(sqlite3_stmt* stmt, int index, const Value& value, const ColumnPlan& column) {
  Arena arena;
  const Value other = adapted(value, column, arena);
  switch (other.kind()) {
    case ValueKind::null: return sqlite3_bind_null(stmt, index);
    case ValueKind::int64: return sqlite3_bind_int64(stmt, index, other.int64());
    case ValueKind::float64: return sqlite3_bind_double(stmt, index, other.float64());
    default: {
      const std::string_view text = other.bytes();
      return sqlite3_bind_text64(stmt, index, text.empty() ? "" : text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    }
  }
}

bool is_integer_kind(ValueKind kind) { return kind == ValueKind::boolean || kind == ValueKind::int64 || kind == ValueKind::uint64; }

/// A column whose type the user has chosen; false: its values cannot lie there.
bool place(const Column& column, Storage wanted, ColumnPlan& plan) {
  const bool is_default = wanted == plan.storage;
  plan.storage = wanted;
  if (is_default) {
    if (plan.form == Form::array_json || plan.form == Form::hstore_json) plan.form = Form::plain;  // as PostgreSQL prints it
    return true;
  }
  if (is_integer_kind(column.kind)) return wanted == Storage::integer || wanted == Storage::text;
  if (plan.in_key) return false;
  if (column.kind == ValueKind::decimal && wanted == Storage::real) plan.form = Form::real;
  if ((column.kind == ValueKind::float32 || column.kind == ValueKind::float64) && wanted == Storage::text) plan.form = Form::text;
  if (column.kind == ValueKind::bits && wanted == Storage::integer && column.length >= 1 && column.length <= 63) plan.form = Form::number;
  return plan.form == Form::real || plan.form == Form::text || plan.form == Form::number;
}

Storage storage_named(const std::string& type) {
  for (Storage storage : {Storage::integer, Storage::real, Storage::blob}) {
    if (declared_type(storage) == type) return storage;
  }
  return Storage::text;
}

bool is_hstore(const Column& column) {
  const std::string& type = column.native_type;
  return column.family == TypeFamily::postgres &&
         (type == "hstore" || (type.size() > 7 && type.compare(type.size() - 7, 7, ".hstore") == 0));
}

}  // namespace

std::string_view what_is_lost(const Column& column) {
  switch (column.kind) {
    case ValueKind::float32:
    case ValueKind::float64: return column.family == TypeFamily::postgres ? "NaN: refused; -0 becomes 0" : "-0 becomes 0";
    case ValueKind::array: return "bounds other than 1 as {\"[0:1]\": [...]}; NULL and JSON's null are one in arrays of json";
    default: return {};
  }
}

std::vector<ColumnPlan> plan_columns(const SinkTable& table) {
  const TableSchema& schema = *table.schema;
  std::vector<ColumnPlan> plans;
  plans.reserve(schema.columns.size());
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    const Column& column = schema.columns[i];
    const ColumnRule rule = table.rule(i);
    ColumnPlan plan;
    plan.kind = column.kind;
    plan.storage = storage_of(column);
    plan.fsp = column.scale;
    plan.in_key = std::find(schema.key.begin(), schema.key.end(), i) != schema.key.end();
    plan.historic = column.family == TypeFamily::postgres;
    plan.unfit = rule.unfit;
    plan.name = schema.name.text() + "." + column.name;
    if (!plan.in_key && column.kind == ValueKind::array) plan.form = Form::array_json;
    if (!plan.in_key && is_hstore(column)) plan.form = Form::hstore_json;
    plan.elements = element_form(column.native_type);
    plan.delimiter = array_delimiter(column.native_type);
    if (!rule.type.empty() && !place(column, storage_named(rule.type), plan)) {
      throw Error(ErrorKind::config, "column " + printable(plan.name) + " at the SQLite sink",
                  "its values cannot lie in a column of type " + rule.type,
                  "take the type out of the rule under columns: of the pipeline; of itself the column is " +
                      std::string(declared_type(storage_of(column))));
    }
    plans.push_back(std::move(plan));
  }
  return plans;
}

int bind_value(sqlite3_stmt* stmt, int index, const Value& value, const ColumnPlan& column, char* slot) {
  if (value.is_null()) return sqlite3_bind_null(stmt, index);
  if (value.kind() != column.kind) refuse_kind(value, column);
  if (column.form != Form::plain) return bind_adapted(stmt, index, value, column);
  switch (value.kind()) {
    case ValueKind::boolean:
    case ValueKind::int64:
      if (column.storage == Storage::text) return bind_text(stmt, index, int64_text(value.int64(), slot));
      return sqlite3_bind_int64(stmt, index, value.int64());
    case ValueKind::uint64:
      if (column.storage == Storage::integer) return bind_integer(stmt, index, value, column);
      return bind_text(stmt, index, uint64_text(value.uint64(), slot));
    case ValueKind::float32: return bind_double(stmt, index, static_cast<double>(value.float32()), column);
    case ValueKind::float64: return bind_double(stmt, index, value.float64(), column);
    case ValueKind::date: return bind_form(stmt, index, date_text(value.civil(), slot, column.historic), value.kind());
    case ValueKind::time: return bind_form(stmt, index, time_text(value.int64(), column.fsp, slot), value.kind());
    case ValueKind::datetime:
      return bind_form(stmt, index, datetime_text(value.civil(), column.fsp, false, slot, column.historic), value.kind());
    case ValueKind::timestamp:
      return bind_form(stmt, index, datetime_text(value.civil(), column.fsp, true, slot, column.historic), value.kind());
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

Value parse_integer(int64_t number, const ColumnPlan& column) {
  if (column.kind == ValueKind::boolean && (number == 0 || number == 1)) return Value::boolean(number == 1);
  if (column.kind == ValueKind::uint64 && number >= 0) return Value::uint64(static_cast<uint64_t>(number));
  // a number that the column's kind cannot have: as int64 it equals nothing of that kind
  return Value::int64(number);
}

Value parse_text(std::string_view text, const ColumnPlan& column, Arena& arena) {
  switch (column.kind) {
    case ValueKind::boolean:
    case ValueKind::int64:
      if (auto number = parse_int64(text)) return parse_integer(*number, column);
      break;
    case ValueKind::uint64:
      if (auto number = parse_uint64(text)) return Value::uint64(*number);
      break;
    case ValueKind::date:
      if (auto c = parse_date(text, column.historic)) return Value::date(c->year, c->month, c->day);
      break;
    case ValueKind::time:
      if (auto micros = parse_time(text, column.fsp)) return Value::time(*micros, column.fsp);
      break;
    case ValueKind::datetime:
      if (auto c = parse_datetime(text, column.fsp, false, column.historic)) return Value::datetime(*c, column.fsp);
      break;
    case ValueKind::timestamp:
      if (auto c = parse_datetime(text, column.fsp, true, column.historic)) return Value::timestamp(*c, column.fsp);
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

}  // namespace

Value column_value(sqlite3_stmt* stmt, int index, const ColumnPlan& column, Arena& arena) {
  int type = sqlite3_column_type(stmt, index);
  if (type == SQLITE_NULL) return Value::null();
  if (type == SQLITE_INTEGER && column.storage == Storage::integer) return parse_integer(sqlite3_column_int64(stmt, index), column);
  if (type == SQLITE_FLOAT && column.storage == Storage::real) {
    double number = sqlite3_column_double(stmt, index);
    if (column.kind == ValueKind::float64 || column.form == Form::real) return Value::float64(number);
    auto narrow = static_cast<float>(number);
    // a double that is no float was written by someone else
    return static_cast<double>(narrow) == number ? Value::float32(narrow) : Value::float64(number);
  }
  if ((type == SQLITE_TEXT && column.storage == Storage::text) || (type == SQLITE_BLOB && column.storage == Storage::blob)) {
    // text is asked for as text: the file may be an existing one in UTF-16
    const void* data = type == SQLITE_TEXT ? static_cast<const void*>(sqlite3_column_text(stmt, index)) : sqlite3_column_blob(stmt, index);
    std::string_view bytes(data == nullptr ? "" : static_cast<const char*>(data), static_cast<size_t>(sqlite3_column_bytes(stmt, index)));
    if (column.form == Form::text) return Value::of_bytes(ValueKind::text, arena.copy(bytes));
    if (type == SQLITE_TEXT) return parse_text(bytes, column, arena);
    return Value::of_bytes(column.kind, arena.copy(bytes));
  }
  return foreign_value(stmt, index, arena);
}

Value stored_form(const Value& value, const ColumnPlan& column, Arena& arena) {
  if (value.is_null() || value.is_absent()) return value;
  if (column.form != Form::plain) {
    const Value other = adapted(value, column, arena);
    // read back it has the column's kind, or the storage's
    return other.has_bytes() && column.form != Form::text ? Value::of_bytes(column.kind, other.bytes()) : other;
  }
  if (column.kind == ValueKind::uint64 && column.storage == Storage::integer && value.uint64() > static_cast<uint64_t>(INT64_MAX)) {
    if (becomes_null(column)) return Value::null();
    return column.unfit == Unfit::clamp ? Value::uint64(INT64_MAX) : value;
  }
  // SQLite turns NaN into NULL, and -0.0 in a REAL column into 0.0 (it stores whole numbers there as integers).
  if (value.kind() == ValueKind::float64) {
    if (std::isnan(value.float64()) && becomes_null(column)) return Value::null();
    if (value.float64() == 0) return Value::float64(0);
  }
  if (value.kind() == ValueKind::float32) {
    if (std::isnan(value.float32()) && becomes_null(column)) return Value::null();
    if (value.float32() == 0) return Value::float32(0);
  }
  return value;
}

}  // namespace tidemark::sqlite
