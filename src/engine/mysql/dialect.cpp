#include "engine/mysql/dialect.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/mysql/temporal.h"
#include "tidemark/error.h"

namespace tidemark::mysql {

namespace {

std::string uuid_text(std::string_view bytes) {
  std::string out;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += fmt::format("{:02x}", static_cast<unsigned char>(bytes[i]));
  }
  return out;
}

// Shortest text that gives the same double again; a FLOAT column is compared as the double that its value is.
std::string float_text(double v) {
  char out[40];
  const auto end = std::to_chars(out, out + sizeof out, v, std::chars_format::scientific);
  return {out, end.ptr};
}

/// 1-based place of a label; '' that is no label is the error value, number 0.
size_t label_number(const Column& column, std::string_view label) {
  const auto it = std::find(column.labels.begin(), column.labels.end(), label);
  if (it != column.labels.end()) return static_cast<size_t>(it - column.labels.begin()) + 1;
  if (label.empty()) return 0;
  throw Error(ErrorKind::schema_changed, "building a key predicate",
              fmt::format("column {} has a member that its type did not have", printable(column.name)),
              "the table was altered after it was looked at: start the pipeline again to take up its new form");
}

uint64_t set_bits(const Column& column, std::string_view text) {
  uint64_t bits = 0;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const size_t n = label_number(column, text.substr(0, comma));
    if (n > 0 && n <= 64) bits |= uint64_t{1} << (n - 1);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return bits;
}

bool is_enum(const Column& column) { return !column.labels.empty() && !column.is_set; }

// ENUM is ordered by number, but only comparisons with its labels use an index: the range is spelled out as a list. The list grows
// with the type; past a limit the slower numeric comparison is better than a statement of megabytes.
std::string enum_compare(const Column& column, std::string_view name, std::string_view op, const Value& value) {
  const size_t n = label_number(column, value.bytes());
  const size_t count = column.labels.size();
  if (count > 1000) return fmt::format("{} {} {}", name, op, n);
  const bool above = op == ">";
  const size_t first = above ? n + 1 : 1;
  const size_t last = above ? count : (op == "<=" ? n : (n == 0 ? 0 : n - 1));
  std::string in;
  for (size_t i = first; i <= last; ++i) in += (in.empty() ? "" : ",") + hex_literal(column.labels[i - 1], true);
  std::string out;
  if (!in.empty()) out = fmt::format("{} IN ({})", name, in);
  const bool with_zero = !above && (op == "<=" || n > 0);
  if (with_zero) out = out.empty() ? fmt::format("{} = 0", name) : fmt::format("({} OR {} = 0)", out, name);
  return out.empty() ? "FALSE" : out;
}

std::string compare(const Column& column, std::string_view op, const Value& value) {
  const std::string name = quote_name(column.name);
  if (is_enum(column) && value.kind() == ValueKind::text) {
    if (op != "=") return enum_compare(column, name, op, value);
    if (label_number(column, value.bytes()) == 0) return name + " = 0";
    return fmt::format("{} = {}", name, hex_literal(value.bytes(), true));
  }
  return fmt::format("{} {} {}", name, op, literal(column, value));
}

// One end of a range, from key part `part` on: a > x OR (a = x AND (b > y ...)). `last_op` is the comparison of the last part.
std::string one_end(const TableSchema& table, const Value* values, size_t part, std::string_view op, std::string_view last_op) {
  const Column& column = table.columns[table.key[part]];
  if (part + 1 == table.key.size()) return compare(column, last_op, values[part]);
  return fmt::format("({} OR ({} AND {}))", compare(column, op, values[part]), compare(column, "=", values[part]),
                     one_end(table, values, part + 1, op, last_op));
}

}  // namespace

std::string quote_name(std::string_view name) {
  std::string out = "`";
  for (const char c : name) {
    if (c == '`') out += '`';
    out += c;
  }
  return out += '`';
}

std::string quote_name(const TableName& name) { return quote_name(name.database) + "." + quote_name(name.table); }

std::string quote_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  return out += '\'';
}

std::string hex_literal(std::string_view bytes, bool is_text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out = is_text ? "_utf8mb4 X'" : "X'";
  for (const char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    out += digits[b >> 4];
    out += digits[b & 15];
  }
  return out += '\'';
}

std::string literal(const Column& column, const Value& value) {
  char out[32];
  switch (value.kind()) {
    case ValueKind::int64:
    case ValueKind::boolean:
      // YEAR: a number below 100 would be taken for a short year, the text '0000' is not
      if (column.native_type.rfind("year", 0) == 0) return fmt::format("'{:04}'", value.int64());
      return std::to_string(value.int64());
    case ValueKind::uint64:
      if (column.native_type.rfind("year", 0) == 0) return fmt::format("'{:04}'", value.uint64());
      return std::to_string(value.uint64());
    case ValueKind::float32: return float_text(static_cast<double>(value.float32()));
    case ValueKind::float64: return float_text(value.float64());
    case ValueKind::decimal: return std::string(value.bytes());
    case ValueKind::text:
      if (column.is_set) return std::to_string(set_bits(column, value.bytes()));
      return hex_literal(value.bytes(), true);
    case ValueKind::json:
    case ValueKind::other: return hex_literal(value.bytes(), true);
    case ValueKind::bytes: return hex_literal(value.bytes(), false);
    case ValueKind::bits: {
      uint64_t number = 0;
      for (const char c : value.bytes()) number = number << 8 | static_cast<unsigned char>(c);
      return std::to_string(number);
    }
    case ValueKind::uuid: return "'" + uuid_text(value.bytes()) + "'";
    case ValueKind::date: return fmt::format("'{}'", print_date(value.civil(), out));
    case ValueKind::datetime:
    case ValueKind::timestamp: return fmt::format("'{}'", print_datetime(value.civil(), value.fsp(), out));
    case ValueKind::time: return fmt::format("'{}'", print_time(value.int64(), value.fsp(), out));
    default: break;
  }
  throw Error(ErrorKind::internal, "building a key predicate", fmt::format("a key column of kind {}", kind_name(value.kind())));
}

std::string key_columns(const TableSchema& table) {
  std::string out;
  for (const uint16_t i : table.key) out += (out.empty() ? "" : ", ") + quote_name(table.columns[i].name);
  return out;
}

std::string range_predicate(const TableSchema& table, const Value* after, const Value* upto) {
  std::string out;
  if (after) out = one_end(table, after, 0, ">", ">");
  if (upto) out += (out.empty() ? "" : " AND ") + one_end(table, upto, 0, "<", "<=");
  return out;
}

std::string equal_predicate(const TableSchema& table, const Value* values) {
  std::string out;
  for (size_t i = 0; i < table.key.size(); ++i) {
    out += (out.empty() ? "" : " AND ") + compare(table.columns[table.key[i]], "=", values[i]);
  }
  return out;
}

}  // namespace tidemark::mysql
