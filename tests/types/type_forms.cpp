#include "types/type_forms.h"

#include <fmt/core.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "servers/mysql_client.h"
#include "servers/postgres_client.h"
#include "types/text_shapes.h"

namespace tidemark::test {
namespace {

/// A date that PostgreSQL has as well.
bool is_real_date(const std::string& text) {
  const int year = std::stoi(text.substr(0, 4)), month = std::stoi(text.substr(5, 2)), day = std::stoi(text.substr(8, 2));
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const int days = month == 2 ? (leap ? 29 : 28) : (month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31);
  return day <= days;
}

/// "….5" becomes "….500000".
std::string with_six_digits(std::string text) {
  const size_t point = text.find('.');
  if (point == std::string::npos) return text + ".000000";
  return text.append(7 - (text.size() - point), '0');
}

std::string without_zeros_at_end(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string without_nul(const std::string& hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    if (hex.compare(i, 2, "00") != 0) out.append(hex, i, 2);
  }
  return out;
}

/// {1,2.5} or [1,2.5] as the hexadecimal of its floats, little-endian.
std::string floats_as_hex(const std::string& array) {
  std::string out;
  for (const char* at = array.c_str() + 1; *at != '\0' && *at != '}' && *at != ']';) {
    char* end = nullptr;
    const float value = std::strtof(at, &end);
    uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    for (int shift = 0; shift < 32; shift += 8) out += fmt::format("{:02X}", bits >> shift & 0xFF);
    at = *end == ',' ? end + 1 : end;
  }
  return out;
}

/// The hexadecimal of a vector as MySQL has it, or of the JSON text that stands for it at MariaDB before 11.7.
std::string vector_as_hex(const std::string& hex) {
  std::string text;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) text += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return !text.empty() && text.front() == '[' && text.back() == ']' ? floats_as_hex(text) : hex;
}

bool is_json(const TypeCase& column) { return column.form == TypeForm::json || column.form == TypeForm::json_text; }

}  // namespace

std::string source_print(const TypeCase& column, SinkKind sink) {
  if (column.dialect == Dialect::postgres) return postgres_source_print(column, sink);
  const std::string name = mysql_name(column.column);
  if (!column.printed.empty()) return with_column(column.printed, name);
  switch (column.form) {
    case TypeForm::text: return fmt::format("HEX(CONVERT({} USING utf8mb4))", name);
    case TypeForm::bytes:
    case TypeForm::geometry:
    case TypeForm::vector: return fmt::format("HEX({})", name);
    case TypeForm::bits: return fmt::format("LPAD(BIN({} + 0), {}, '0')", name, number_in_brackets(column.type));
    case TypeForm::json_text: return name;
    default: return fmt::format("CAST({} AS CHAR)", name);
  }
}

std::string sink_print(const TypeCase& column, SinkKind sink) {
  if (column.dialect == Dialect::postgres) return postgres_sink_print(column, sink);
  if (sink == SinkKind::mysql) return source_print(column, sink);
  const std::string name = postgres_name(column.column);
  const bool postgres = sink == SinkKind::postgres;
  switch (column.form) {
    case TypeForm::text:
      if (postgres) return fmt::format("upper(encode(convert_to({}, 'UTF8'), 'hex'))", name);
      break;
    case TypeForm::bytes:
    case TypeForm::geometry:
      if (postgres) return fmt::format("upper(encode({}, 'hex'))", name);
      break;
    case TypeForm::bits:
    case TypeForm::vector:
      if (postgres) return name + "::text";
      break;
    case TypeForm::real: return postgres ? name + "::float8::text" : name;
    case TypeForm::inet: return postgres ? fmt::format("host({})", name) : name;
    case TypeForm::date: return postgres ? fmt::format("to_char({}, 'YYYY-MM-DD')", name) : name;
    case TypeForm::datetime:
    case TypeForm::timestamp: return postgres ? fmt::format("to_char({}, 'YYYY-MM-DD HH24:MI:SS.US')", name) : name;
    default: return postgres ? name + "::text" : name;
  }
  return fmt::format("CASE WHEN {0} IS NOT NULL THEN hex({0}) END", name);
}

std::string sink_text(const TypeCase& column, SinkKind sink, const std::string& text) {
  if (column.dialect == Dialect::postgres) return postgres_sink_text(column, sink, text);
  if (column.form == TypeForm::real) return exact_number(text);
  if (sink == SinkKind::mysql && is_json(column)) return equal_json(text);
  if (column.form == TypeForm::vector && sink == SinkKind::postgres) return floats_as_hex(text);
  if (column.form == TypeForm::vector && sink == SinkKind::mysql) return vector_as_hex(text);
  return text;
}

std::optional<std::string> expected_text(const TypeCase& column, SinkKind sink, const std::string& text) {
  if (column.dialect == Dialect::postgres) return postgres_expected_text(column, sink, text);
  if (sink == SinkKind::mysql) {
    if (column.form == TypeForm::real) return exact_number(text);
    return is_json(column) ? equal_json(text) : text;
  }
  const bool postgres = sink == SinkKind::postgres;
  switch (column.form) {
    case TypeForm::real: {
      const std::string number = exact_number(text);
      return !postgres && number == "-0" ? "0" : number;  // SQLite stores whole numbers of REAL columns as integers
    }
    case TypeForm::text: return postgres ? without_nul(text) : text;
    case TypeForm::bits: return postgres ? text : bits_as_hex(text);
    case TypeForm::date:
      if (postgres && !is_real_date(text)) return std::nullopt;
      return text;
    case TypeForm::datetime:
    case TypeForm::timestamp:
      if (!postgres) return column.form == TypeForm::timestamp ? text + "Z" : text;
      if (!is_real_date(text)) return std::nullopt;
      return with_six_digits(text);
    case TypeForm::time: return postgres ? without_zeros_at_end(text) : text;
    default: return text;
  }
}

std::string postgres_conversion(const TypeCase& column) {
  if (column.form == TypeForm::json) return "replace({}, '\\u0000', '')::jsonb::text";  // what jsonb cannot hold is left out by the policy
  if (column.form == TypeForm::inet) return "host({}::inet)";
  return {};
}

}  // namespace tidemark::test
