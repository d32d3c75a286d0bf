#include "live_rows.h"

namespace tidemark::verify_test {

LogOffset offset_of(uint64_t changes) { return {1, kLogStart + changes}; }

SchemaRef schema_of(const std::string& table, bool keyed) {
  TableSchema schema;
  schema.name = {"shop", table};
  schema.columns.resize(3);
  schema.columns[0].name = "id";
  schema.columns[0].kind = ValueKind::int64;
  schema.columns[0].order_known = true;
  schema.columns[1].name = "body";
  schema.columns[1].kind = ValueKind::text;
  schema.columns[1].ordinal = 1;
  schema.columns[2].name = "remark";
  schema.columns[2].kind = ValueKind::text;
  schema.columns[2].ordinal = 2;
  schema.source_columns = 3;
  if (keyed) {
    schema.key = {0};
    schema.key_origin = KeyOrigin::primary;
  }
  return std::make_shared<const TableSchema>(schema);
}

int64_t id_of(const KeyBytes& key) {
  Arena arena;
  return decode_key(key, arena).at(0).int64();
}

int64_t shown_id(int64_t id, bool keyed) { return keyed ? id : id % 100; }

Value text_value(const std::string& bytes, Arena& arena) { return Value::of_bytes(ValueKind::text, arena.copy(bytes)); }

Row make_row(int64_t id, const std::string& body, Arena& arena) {
  Value* row = arena.allocate_row(3);
  row[0] = Value::int64(id);
  row[1] = text_value(body, arena);
  row[2] = text_value("remark " + std::to_string(id), arena);
  return row;
}

void add_row(RowBlock& block, int64_t id, const std::string& body) { block.rows.push_back(make_row(id, body, block.arena)); }

GtidOrigin gtid_origin() {
  GtidOrigin origin;
  origin.uuid[0] = 1;
  return origin;
}

GtidSet gtids_of(uint64_t changes) {
  GtidSet set;
  if (changes != 0) set.add(gtid_origin(), {1, changes});
  return set;
}

}  // namespace tidemark::verify_test
