// What the tests of the sinks on servers share: schemas and rows made by hand, a sink with one table prepared.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "tidemark/error.h"
#include "tidemark/sink.h"

namespace tidemark::test {

inline Column column(const std::string& name, ValueKind kind, const std::string& native, uint32_t length = 0, uint8_t scale = 0) {
  Column c;
  c.name = name;
  c.kind = kind;
  c.native_type = native;
  c.length = length;
  c.scale = scale;
  return c;
}

inline SchemaRef schema(const std::string& database, const std::string& table, std::vector<Column> columns, std::vector<uint16_t> key) {
  auto s = std::make_shared<TableSchema>();
  s->name = {database, table};
  s->columns = std::move(columns);
  s->source_columns = static_cast<uint16_t>(s->columns.size());
  s->key = std::move(key);
  s->key_origin = s->key.empty() ? KeyOrigin::none : KeyOrigin::primary;
  for (uint16_t i : s->key) s->columns[i].nullable = false;
  return s;
}

/// Rows and the bytes that they point to.
struct Rows {
  Arena arena;
  Row row(const std::vector<Value>& values) {
    Value* out = arena.allocate_row(values.size());
    std::copy(values.begin(), values.end(), out);
    return out;
  }
  Value bytes(ValueKind kind, std::string_view text) { return Value::of_bytes(kind, arena.copy(text)); }
  Value text(std::string_view t) { return bytes(ValueKind::text, t); }
};

inline Position position_at(uint64_t byte) {
  Position position;
  position.lineage = Lineage::mariadb;
  position.server = "1";
  position.log_name = "binlog";
  position.offset = {1, byte};
  return position;
}

inline SinkBatch batch_of(TableStep step, uint64_t at = 100) {
  SinkBatch batch;
  batch.steps.push_back(std::move(step));
  batch.position = position_at(at);
  return batch;
}

/// A sink with one table prepared; the pipeline's name keeps the tests apart.
struct PreparedSink {
  PreparedSink(std::unique_ptr<Sink> made, const std::string& pipeline_name, SchemaRef s)
      : pipeline(pipeline_name), table(std::move(s)), sink(std::move(made)) {
    sink->open();
    sink->load_state(pipeline);
    prepared = sink->prepare(pipeline, {{table, table->name.database, table->name.table}})[0];
  }
  std::vector<std::vector<Value>> read(const std::vector<Row>& keys_of) {
    std::vector<KeyBytes> keys;
    for (Row row : keys_of) keys.push_back(encode_key(*table, row));
    std::vector<std::vector<Value>> out;
    sink->begin_read(pipeline);
    sink->read_keys(0, keys, [&](std::unique_ptr<RowBlock> block) {
      for (Row row : block->rows) out.emplace_back(row, row + table->columns.size());
      blocks.push_back(std::move(block));
      return true;
    });
    sink->end_read();
    return out;
  }
  std::string pipeline;
  SchemaRef table;
  std::unique_ptr<Sink> sink;
  PreparedTable prepared;
  std::vector<std::unique_ptr<RowBlock>> blocks;
};

template <typename Work>
Error error_of(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorKind::internal, "", "no error was thrown");
}

}  // namespace tidemark::test
