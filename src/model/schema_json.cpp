#include <nlohmann/json.hpp>

#include "tidemark/error.h"
#include "tidemark/schema.h"

namespace tidemark {

using nlohmann::json;

namespace {

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
    throw Error(ErrorKind::state, "reading a stored schema", "a default is not hexadecimal");
  };
  std::string out;
  for (size_t i = 0; i + 1 < text.size(); i += 2) out += static_cast<char>(digit(text[i]) << 4 | digit(text[i + 1]));
  return out;
}

json column_to_json(const Column& c) {
  return {{"name", c.name},
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

Column column_from_json(const json& j) {
  Column c;
  c.name = j.at("name").get<std::string>();
  c.kind = static_cast<ValueKind>(j.at("kind").get<int>());
  c.native_type = j.at("native_type").get<std::string>();
  c.ordinal = j.at("ordinal").get<uint16_t>();
  c.nullable = j.at("nullable").get<bool>();
  c.is_unsigned = j.at("unsigned").get<bool>();
  c.auto_increment = j.at("auto_increment").get<bool>();
  c.fixed_length = j.at("fixed_length").get<bool>();
  c.large_object = j.at("large_object").get<bool>();
  c.order_known = j.at("order_known").get<bool>();
  c.length = j.at("length").get<uint32_t>();
  c.scale = j.at("scale").get<uint8_t>();
  c.charset = j.at("charset").get<std::string>();
  c.collation = j.at("collation").get<std::string>();
  c.labels = j.at("labels").get<std::vector<std::string>>();
  c.is_set = j.at("set").get<bool>();
  c.default_value = from_hex(j.value("default", ""));
  return c;
}

}  // namespace

std::string schema_to_json(const TableSchema& schema) {
  json columns = json::array();
  for (const auto& c : schema.columns) columns.push_back(column_to_json(c));
  json j = {{"database", schema.name.database},        {"table", schema.name.table}, {"columns", columns},
            {"source_columns", schema.source_columns}, {"key", schema.key},          {"key_origin", static_cast<int>(schema.key_origin)},
            {"rows_estimated", schema.rows_estimated}};
  // Names may hold any bytes that the server accepted; what is not UTF-8 must not make the state unwritable.
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

TableSchema schema_from_json(std::string_view text) {
  try {
    json j = json::parse(text);
    TableSchema s;
    s.name = {j.at("database").get<std::string>(), j.at("table").get<std::string>()};
    for (const auto& c : j.at("columns")) s.columns.push_back(column_from_json(c));
    s.source_columns = j.at("source_columns").get<uint16_t>();
    s.key = j.at("key").get<std::vector<uint16_t>>();
    s.key_origin = static_cast<KeyOrigin>(j.at("key_origin").get<int>());
    s.rows_estimated = j.at("rows_estimated").get<uint64_t>();
    for (uint16_t k : s.key) {
      if (k >= s.columns.size()) throw Error(ErrorKind::state, "reading a stored schema", "key column out of range");
    }
    return s;
  } catch (const json::exception& e) {
    throw Error(ErrorKind::state, "reading a stored schema", e.what(),
                "Move the state file away and restart: it is rebuilt from the sink.");
  }
}

}  // namespace tidemark
