// What tests of the PostgreSQL log reader share: a schema with tables, a publication and slots of one name, and readers of them.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/postgres/log_reader.h"
#include "integration/postgres_source_fixture.h"
#include "support/catch.h"
#include "unit/postgres/stream_text.h"

namespace tidemark::test {

using namespace std::chrono_literals;

/// A table as it is now, columns of a few types only; `key` by position.
inline SchemaRef table_now(const std::string& name_space, const std::string& table, std::vector<uint16_t> key) {
  auto schema = std::make_shared<TableSchema>();
  schema->name = {name_space, table};
  schema->key = std::move(key);
  schema->key_origin = schema->key.empty() ? KeyOrigin::none : KeyOrigin::primary;
  const TextRows rows = source_server().query(
      fmt::format("SELECT attname, format_type(atttypid, atttypmod), attgenerated FROM pg_attribute WHERE attrelid = '{}.{}'::regclass AND "
                  "attnum > 0 AND NOT attisdropped ORDER BY attnum",
                  name_space, table));
  for (const TextRow& row : rows) {
    Column column;
    column.name = *row[0];
    column.family = TypeFamily::postgres;
    column.native_type = *row[1];
    column.ordinal = schema->source_columns++;
    if (column.native_type == "integer" || column.native_type == "bigint") column.kind = ValueKind::int64;
    if (column.native_type == "text") column.kind = ValueKind::text;
    if (column.native_type == "bytea") column.kind = ValueKind::bytes;
    if (column.native_type == "numeric(10,2)") column.kind = ValueKind::decimal, column.length = 10, column.scale = 2;
    if (row[2]->empty()) schema->columns.push_back(std::move(column));
  }
  return schema;
}

/// A schema of its own with what `ddl` makes in it, published; {s} stands for its name. The name is also the publication's and the slot's.
class StreamedSchema {
 public:
  StreamedSchema(const std::string& name, const std::string& ddl) : name_(name) {
    sql("CREATE SCHEMA {s}");
    sql(ddl);
    const bool sends_generated = std::stoi(source_server().value("SHOW server_version_num")) >= 180000;
    sql(std::string("CREATE PUBLICATION {s} FOR ALL TABLES WITH (publish_via_partition_root = true") +
        (sends_generated ? ", publish_generated_columns = stored)" : ")"));
    sql("GRANT USAGE ON SCHEMA {s} TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA {s} TO reader");
    make_slot(name_);
  }
  ~StreamedSchema() {
    for (const std::string& slot : slots_) {
      try {
        source_server().exec(fmt::format("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '{}'", slot));
        for (int i = 0; i < 50 && slot_value(slot, "active") == "t"; ++i) source_server().exec("SELECT pg_sleep(0.1)");
        source_server().exec(fmt::format("SELECT pg_drop_replication_slot('{}')", slot));
      } catch (const std::exception&) {  // it is gone already
      }
    }
    try {
      sql("DROP PUBLICATION IF EXISTS {s}; DROP SCHEMA IF EXISTS {s} CASCADE");
    } catch (const std::exception&) {
    }
  }

  void make_slot(const std::string& slot, const std::string& more = "") {
    const std::string lsn =
        source_server().value(fmt::format("SELECT lsn FROM pg_create_logical_replication_slot('{}', 'pgoutput'{})", slot, more));
    if (from_.offset.byte == 0) {
      from_.lineage = Lineage::postgres;
      from_.server = source_server().value("SELECT system_identifier FROM pg_control_system()");
      from_.offset = {1, *parse_lsn(lsn)};
    }
    slots_.push_back(slot);
  }
  static std::string slot_value(const std::string& slot, const std::string& column) {
    return source_server().value(fmt::format("SELECT {} FROM pg_replication_slots WHERE slot_name = '{}'", column, slot));
  }

  void sql(const std::string& text) { source_server().exec(filled(text)); }
  std::string filled(std::string text) const {
    for (size_t at; (at = text.find("{s}")) != std::string::npos;) text.replace(at, 3, name_);
    return text;
  }
  void add(const std::string& table, std::vector<uint16_t> key) { tables.push_back(table_now(name_, table, std::move(key))); }

  const Position& from() const { return from_; }
  std::unique_ptr<LogReader> open(const Position& at, Streaming streaming = Streaming::on, const std::string& slot = "") const {
    SourceConfig config = source_config();
    config.postgres.slot = slot.empty() ? name_ : slot;
    config.postgres.publication = name_;
    config.postgres.streaming = streaming;
    config.postgres.spill_memory = 1 << 20;
    SourceInfo info;
    info.engine = "postgres";
    info.server = at.server;
    return postgres::make_postgres_log_reader(config, info, at, tables, {});
  }
  std::unique_ptr<LogReader> open() const { return open(from_); }

  std::vector<SchemaRef> tables;

 private:
  std::string name_;
  Position from_;
  std::vector<std::string> slots_;
};

inline uint64_t wal_end() { return *parse_lsn(source_server().value("SELECT pg_current_wal_insert_lsn()")); }

/// Reads until the reader has passed `lsn`; fails the case after a minute.
inline void read_past(LogReader& reader, const std::vector<SchemaRef>& tables, uint64_t lsn, postgres::Delivery& out,
                      size_t target_bytes = 1 << 20) {
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (out.read_to.byte < lsn) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    LogBatch batch;
    reader.read(batch, target_bytes, 200ms);
    out.add(batch, tables);
  }
}

}  // namespace tidemark::test
