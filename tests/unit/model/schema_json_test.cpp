// The text of a stored schema: it comes back as it was, and is refused with what is wrong when it says what no schema says.
#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "tidemark/error.h"
#include "tidemark/schema.h"

using namespace tidemark;
using nlohmann::json;

namespace {

TableSchema orders() {
  TableSchema schema;
  schema.name = {"shop", "orders"};
  schema.columns.resize(2);
  schema.columns[0].name = "id";
  schema.columns[0].kind = ValueKind::int64;
  schema.columns[1].name = "note";
  schema.columns[1].kind = ValueKind::other;
  schema.columns[1].ordinal = 2;
  schema.columns[1].default_value = std::string("\x00\xff", 2);
  schema.columns[1].length = UINT32_MAX;
  schema.columns[1].scale = 255;
  schema.source_columns = 3;
  schema.key = {1, 0};
  schema.key_origin = KeyOrigin::configured;
  schema.rows_estimated = UINT64_MAX;
  schema.source_id = UINT32_MAX;
  schema.partitions = "1 2\n3 4";
  return schema;
}

/// Why the schema is refused after `path` (a JSON pointer) was set to `value`; empty: it is not.
std::string refusal(const std::string& path, const json& value) {
  json changed = json::parse(schema_to_json(orders()));
  changed[json::json_pointer(path)] = value;
  try {
    schema_from_json(changed.dump());
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::state);
    CHECK_FALSE(error.hint().empty());
    return error.cause();
  }
  return {};
}

}  // namespace

TEST_CASE("a schema comes back from its text") { CHECK(schema_from_json(schema_to_json(orders())) == orders()); }

TEST_CASE("a schema that an older version stored, without the source's number of the table, is read") {
  json older = json::parse(schema_to_json(orders()));
  older.erase("source_id");
  older.erase("partitions");
  const TableSchema schema = schema_from_json(older.dump());
  CHECK(schema.source_id == 0);
  CHECK(schema.partitions.empty());
}

TEST_CASE("a stored schema whose numbers are out of range is refused") {
  CHECK(refusal("/columns/0/kind", 21).empty());
  CHECK(refusal("/columns/0/kind", 22) == "kind is not a whole number from 2 to 21");
  CHECK(refusal("/columns/0/kind", 1) == "kind is not a whole number from 2 to 21");
  CHECK(refusal("/columns/0/kind", -1) == "kind is not a whole number from 2 to 21");
  CHECK(refusal("/columns/0/kind", 259) == "kind is not a whole number from 2 to 21");
  CHECK(refusal("/key_origin", 4) == "key_origin is not a whole number from 0 to 3");
  CHECK(refusal("/key_origin", 1.5) == "key_origin is not a whole number from 0 to 3");
  CHECK(refusal("/columns/1/scale", 256) == "scale is not a whole number from 0 to 255");
  CHECK(refusal("/columns/1/length", uint64_t{1} << 32) == "length is not a whole number from 0 to 4294967295");
  CHECK(refusal("/columns/1/ordinal", 65536 + 2) == "ordinal is not a whole number from 0 to 65535");
  CHECK(refusal("/columns/1/ordinal", 3) == "ordinal is not below source_columns");
  CHECK(refusal("/columns/1/ordinal", 0) == "two columns have the same ordinal");
  CHECK(refusal("/source_columns", 65536 + 3) == "source_columns is not a whole number from 0 to 65535");
  CHECK(refusal("/source_columns", 2) == "ordinal is not below source_columns");
  CHECK(refusal("/key", {65536, 1}) == "key is not a whole number from 0 to 65535");
  CHECK(refusal("/key", {2}) == "key column out of range");
  CHECK(refusal("/key", {0, 0}) == "a column is in the key twice");
  CHECK(refusal("/source_id", -1) == "source_id is not a whole number from 0 to 18446744073709551615");
  CHECK(refusal("/rows_estimated", -1) == "rows_estimated is not a whole number from 0 to 18446744073709551615");
}

TEST_CASE("a stored schema that is no text of one is refused") {
  CHECK(refusal("/columns/1/default", "00f") == "a default is not hexadecimal");
  CHECK(refusal("/columns/1/default", "0G") == "a default is not hexadecimal");
  CHECK(refusal("/columns", 3) == "columns is not a list");
  CHECK(refusal("/key", json::object({{"a", 1}})) == "key is not a list");
  CHECK_FALSE(refusal("/columns/0/name", 3).empty());
  CHECK_THROWS_AS(schema_from_json("{"), Error);
  CHECK_THROWS_AS(schema_from_json("[]"), Error);
}
