// What tests of the PostgreSQL snapshot reader share: tables described by hand, a reader, and reads gathered into one place.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/postgres/snapshot_reader.h"
#include "integration/postgres_source_fixture.h"
#include "support/catch.h"

namespace tidemark::test {

inline Column pg_column(const std::string& name, ValueKind kind, const std::string& native, uint32_t length = 0, uint8_t scale = 0) {
  Column c;
  c.name = name;
  c.family = TypeFamily::postgres;
  c.kind = kind;
  c.native_type = native;
  c.length = length;
  c.scale = scale;
  return c;
}

inline TableSchema pg_table(const std::string& name, std::vector<Column> columns, std::vector<uint16_t> key,
                            const std::string& name_space = "public") {
  TableSchema table;
  table.name = {name_space, name};
  table.columns = std::move(columns);
  table.source_columns = static_cast<uint16_t>(table.columns.size());
  table.key = std::move(key);
  table.key_origin = table.key.empty() ? KeyOrigin::none : KeyOrigin::primary;
  return table;
}

/// As superuser; `reader` may read what is there afterwards.
inline void at_source(const std::string& sql) {
  source_server().exec(sql);
  source_server().exec("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader");
}

/// Rows with the arenas that they live in.
struct ReadRows {
  std::vector<std::unique_ptr<RowBlock>> blocks;
  std::vector<Row> rows;

  RowBlockSink sink() {
    return [this](std::unique_ptr<RowBlock> block) {
      rows.insert(rows.end(), block->rows.begin(), block->rows.end());
      blocks.push_back(std::move(block));
      return true;
    };
  }
};

struct SnapshotFixture {
  postgres::PostgresSnapshotReader reader{source_config()};

  /// Through a read view of its own.
  ReadRows read(const TableSchema& table, const KeyRange& range = {}, size_t block_bytes = size_t{1} << 20) {
    ReadRows out;
    reader.begin(table, {});
    reader.read(table, range, block_bytes, out.sink());
    reader.end();
    return out;
  }
};

}  // namespace tidemark::test
