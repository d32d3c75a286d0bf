#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "tidemark/error.h"
#include "tidemark/schema.h"

namespace tidemark {

using nlohmann::json;

namespace {

[[noreturn]] void bad_schema(std::string cause) {
  throw Error(ErrorKind::state, "reading a stored schema", std::move(cause),
              "Move the state file away and restart: it is rebuilt from the sink.");
}

// Any bytes: they are no text.
std::string to_hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

std::string from_hex(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    bad_schema("a default is not hexadecimal");
  };
  if (text.size() % 2 != 0) bad_schema("a default is not hexadecimal");
  std::string out;
  for (size_t i = 0; i < text.size(); i += 2) out += static_cast<char>(digit(text[i]) << 4 | digit(text[i + 1]));
  return out;
}

json column_to_json(const Column& c) {
  return {{"name", c.name},
          {"family", static_cast<int>(c.family)},
          {"kind", static_cast<int>(c.kind)},
          {"native_type", c.native_type},
          {"ordinal", c.ordinal},
          {"nullable", c.nullable},
          {"unsigned", c.is_unsigned},
          {"auto_increment", c.auto_increment},
          {"fixed_length", c.fixed_length},
          {"large_object", c.large_object},
          {"order_known", c.order_known},
          {"length", c.length},
          {"scale", c.scale},
          {"charset", c.charset},
          {"collation", c.collation},
          {"labels", c.labels},
          {"set", c.is_set},
          {"default", to_hex(c.default_value)}};
}

// get<>() of the library takes any number for any other.
template <typename Integer>
Integer whole(const json& number, const char* name, Integer least = 0, Integer most = std::numeric_limits<Integer>::max()) {
  const bool fits = number.is_number_unsigned() && number.get<uint64_t>() >= least && number.get<uint64_t>() <= most;
  if (!fits) bad_schema(std::string(name) + " is not a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return number.get<Integer>();
}

const json& list(const json& j, const char* name) {
  const json& out = j.at(name);
  if (!out.is_array()) bad_schema(std::string(name) + " is not a list");
  return out;
}

template <typename Enum>
Enum one_of(const json& number, const char* name, Enum first, Enum last) {
  return static_cast<Enum>(whole<uint8_t>(number, name, static_cast<uint8_t>(first), static_cast<uint8_t>(last)));
}

Column column_from_json(const json& j) {
  Column c;
  c.name = j.at("name").get<std::string>();
  if (j.contains("family")) c.family = one_of(j.at("family"), "family", TypeFamily::mysql, TypeFamily::postgres);
  c.kind = one_of(j.at("kind"), "kind", ValueKind::boolean, ValueKind::other);
  c.native_type = j.at("native_type").get<std::string>();
  c.ordinal = whole<uint16_t>(j.at("ordinal"), "ordinal");
  c.nullable = j.at("nullable").get<bool>();
  c.is_unsigned = j.at("unsigned").get<bool>();
  c.auto_increment = j.at("auto_increment").get<bool>();
  c.fixed_length = j.at("fixed_length").get<bool>();
  c.large_object = j.at("large_object").get<bool>();
  c.order_known = j.at("order_known").get<bool>();
  c.length = whole<uint32_t>(j.at("length"), "length");
  c.scale = whole<uint8_t>(j.at("scale"), "scale");
  c.charset = j.at("charset").get<std::string>();
  c.collation = j.at("collation").get<std::string>();
  c.labels = j.at("labels").get<std::vector<std::string>>();
  c.is_set = j.at("set").get<bool>();
  c.default_value = from_hex(j.value("default", ""));
  return c;
}

// What the numbers say of each other.
void check_places(const TableSchema& schema) {
  std::vector<bool> taken(schema.source_columns), in_key(schema.columns.size());
  for (const Column& column : schema.columns) {
    if (column.ordinal >= taken.size()) bad_schema("ordinal is not below source_columns");
    if (taken[column.ordinal]) bad_schema("two columns have the same ordinal");
    taken[column.ordinal] = true;
  }
  for (const uint16_t place : schema.key) {
    if (place >= in_key.size()) bad_schema("key column out of range");
    if (in_key[place]) bad_schema("a column is in the key twice");
    in_key[place] = true;
  }
}

}  // namespace

std::string schema_to_json(const TableSchema& schema) {
  json columns = json::array();
  for (const auto& c : schema.columns) columns.push_back(column_to_json(c));
  json j = {{"database", schema.name.database},
            {"table", schema.name.table},
            {"columns", columns},
            {"source_columns", schema.source_columns},
            {"key", schema.key},
            {"key_origin", static_cast<int>(schema.key_origin)},
            {"rows_estimated", schema.rows_estimated},
            {"source_id", schema.source_id},
            {"partitions", schema.partitions}};
  // Names may hold any bytes that the server accepted; what is not UTF-8 must not make the state unwritable.
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

TableSchema schema_from_json(std::string_view text) {
  try {
    json j = json::parse(text);
    TableSchema s;
    s.name = {j.at("database").get<std::string>(), j.at("table").get<std::string>()};
    for (const auto& c : list(j, "columns")) s.columns.push_back(column_from_json(c));
    s.source_columns = whole<uint16_t>(j.at("source_columns"), "source_columns");
    for (const auto& place : list(j, "key")) s.key.push_back(whole<uint16_t>(place, "key"));
    s.key_origin = one_of(j.at("key_origin"), "key_origin", KeyOrigin::none, KeyOrigin::configured);
    s.rows_estimated = whole<uint64_t>(j.at("rows_estimated"), "rows_estimated");
    if (j.contains("source_id")) s.source_id = whole<uint64_t>(j.at("source_id"), "source_id");
    s.partitions = j.value("partitions", "");
    check_places(s);
    return s;
  } catch (const json::exception& e) {
    bad_schema(e.what());
  }
}

}  // namespace tidemark
