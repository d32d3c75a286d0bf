// The tables of the captured streams (tests/golden/postgres-*.sql), as the catalog described them. Tests only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tidemark/schema.h"

namespace tidemark::postgres {

inline Column golden_column(const std::string& name, uint16_t ordinal, ValueKind kind, const std::string& type, uint32_t length = 0,
                            uint8_t scale = 0) {
  Column c;
  c.name = name;
  c.family = TypeFamily::postgres;
  c.kind = kind;
  c.native_type = type;
  c.ordinal = ordinal;
  c.length = length;
  c.scale = scale;
  return c;
}

inline SchemaRef golden_table(const std::string& name, std::vector<Column> columns, std::vector<uint16_t> key) {
  auto schema = std::make_shared<TableSchema>();
  schema->name = {"golden", name};
  schema->source_columns = static_cast<uint16_t>(columns.back().ordinal + 1);
  schema->columns = std::move(columns);
  schema->key = std::move(key);
  schema->key_origin = schema->key.empty() ? KeyOrigin::none : KeyOrigin::primary;
  return schema;
}

inline std::vector<SchemaRef> golden_tables() {
  const Column id = golden_column("id", 0, ValueKind::int64, "bigint");
  const Column note = golden_column("note", 1, ValueKind::text, "text");
  return {golden_table("keyed",
                       {id, note, golden_column("big", 2, ValueKind::text, "text"),
                        golden_column("price", 3, ValueKind::decimal, "numeric(10,2)", 10, 2),
                        golden_column("at", 5, ValueKind::timestamp, "timestamp with time zone", 0, 6),
                        golden_column("raw", 6, ValueKind::bytes, "bytea"), golden_column("code", 7, ValueKind::uuid, "uuid")},
                       {0}),
          golden_table("whole", {id, note}, {0}), golden_table("keyless", {id, note}, {})};
}

/// format_type() of the types above.
inline std::string golden_type_name(uint32_t type, int32_t modifier) {
  switch (type) {
    case 17: return "bytea";
    case 20: return "bigint";
    case 25: return "text";
    case 1184: return "timestamp with time zone";
    case 1700: return modifier == (10 << 16 | 2) + 4 ? "numeric(10,2)" : "numeric";
    case 2950: return "uuid";
    default: return "???";
  }
}

}  // namespace tidemark::postgres
