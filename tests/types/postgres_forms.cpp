#include <fmt/core.h>

#include "servers/mysql_client.h"
#include "servers/postgres_client.h"
#include "types/text_shapes.h"
#include "types/type_forms.h"

// What becomes of PostgreSQL's values at each kind of sink. The source prints a value as the sink is to hold it, where SQL can; the rest is
// done with the texts.
namespace tidemark::test {
namespace {

/// Digits of the fraction of a type with a time.
unsigned digits_of(const std::string& type) { return type.find('(') == std::string::npos ? 6 : number_in_brackets(type); }

/// `zone`: what stands behind a moment in UTC.
std::string moment_print(const TypeCase& column, const std::string& zone) {
  const unsigned digits = digits_of(column.type);
  const std::string name = postgres_name(column.column);
  const std::string moment = column.form == TypeForm::timestamp ? name + " AT TIME ZONE 'UTC'" : name;
  return fmt::format(
      "CASE WHEN isfinite({0}) THEN to_char({1}, 'YYYY-MM-DD HH24:MI:SS{2}') || '{3}' ||"
      " CASE WHEN extract(year FROM {1}) < 0 THEN ' BC' ELSE '' END ELSE {0}::text END",
      name, moment, digits == 0 ? "" : fmt::format(".FF{}", digits), zone);
}

std::string clock_print(const TypeCase& column) {
  const unsigned digits = digits_of(column.type);
  return fmt::format("to_char({}, 'HH24:MI:SS{}')", postgres_name(column.column), digits == 0 ? "" : fmt::format(".FF{}", digits));
}

/// JSON lists, with the lower bounds in front where they are not 1.
std::string array_print(const std::string& name) {
  return fmt::format(
      "CASE WHEN {0}::text LIKE '[%' THEN jsonb_build_object(split_part({0}::text, '=', 1), {0}) ELSE to_jsonb({0}) END::text", name);
}

std::string hex_of_text(const std::string& text) { return fmt::format("upper(encode(convert_to({}, 'UTF8'), 'hex'))", text); }

std::string postgres_print(const TypeCase& column) {
  const std::string name = postgres_name(column.column);
  switch (column.form) {
    case TypeForm::real: return name + "::float8::text";
    case TypeForm::text:
    case TypeForm::padded: return hex_of_text(name + "::text");
    case TypeForm::bytes: return fmt::format("upper(encode({}, 'hex'))", name);
    default: return name + "::text";
  }
}

/// JSON whose white space and order of members are the sink's own affair.
bool is_document(const TypeCase& column, SinkKind sink) {
  return sink != SinkKind::postgres && (column.form == TypeForm::array || (column.form == TypeForm::json && sink == SinkKind::mysql));
}

}  // namespace

std::string postgres_source_print(const TypeCase& column, SinkKind sink) {
  const std::string name = postgres_name(column.column);
  if (sink == SinkKind::postgres) return postgres_print(column);
  if (!column.printed.empty()) return with_column(column.printed, name);
  switch (column.form) {
    case TypeForm::boolean: return name + "::int::text";
    case TypeForm::datetime: return moment_print(column, "");
    case TypeForm::timestamp: return moment_print(column, sink == SinkKind::sqlite ? "Z" : "");
    case TypeForm::time: return clock_print(column);
    case TypeForm::array: return array_print(name);
    case TypeForm::padded:
      if (sink == SinkKind::sqlite) return hex_of_text(fmt::format("rpad({}::text, {})", name, number_in_brackets(column.type)));
      return postgres_print(column);
    default: return postgres_print(column);
  }
}

std::string postgres_sink_print(const TypeCase& column, SinkKind sink) {
  if (sink == SinkKind::postgres) return postgres_print(column);
  const bool hex = column.form == TypeForm::text || column.form == TypeForm::padded || column.form == TypeForm::bytes;
  if (sink == SinkKind::sqlite) {
    const std::string name = postgres_name(column.column);
    return hex || column.form == TypeForm::bits ? fmt::format("CASE WHEN {0} IS NOT NULL THEN hex({0}) END", name) : name;
  }
  const std::string name = mysql_name(column.column);
  if (column.form == TypeForm::bytes) return fmt::format("HEX({})", name);
  if (column.form == TypeForm::geometry) return fmt::format("ST_AsText({})", name);
  if (hex) return fmt::format("HEX(CONVERT({} USING utf8mb4))", name);
  if (column.form == TypeForm::boolean) return name + " + 0";
  if (column.form == TypeForm::real) return fmt::format("CAST({} AS DOUBLE)", name);
  if (column.form == TypeForm::bits) return fmt::format("LPAD(BIN({} + 0), {}, '0')", name, number_in_brackets(column.type));
  return fmt::format("CAST({} AS CHAR)", name);
}

std::string postgres_sink_text(const TypeCase& column, SinkKind sink, const std::string& text) {
  if (column.form == TypeForm::real) return exact_number(text);
  if (is_document(column, sink)) return equal_json(text);
  return text;
}

std::optional<std::string> postgres_expected_text(const TypeCase& column, SinkKind sink, const std::string& text) {
  if (column.form == TypeForm::real) {
    const std::string number = exact_number(text);
    // SQLite stores whole numbers of REAL columns as integers
    return sink == SinkKind::sqlite && number == "-0" ? "0" : number;
  }
  if (column.form == TypeForm::bits && sink == SinkKind::sqlite) return bits_as_hex(text);
  if (is_document(column, sink)) return equal_json(text);
  return text;
}

}  // namespace tidemark::test
