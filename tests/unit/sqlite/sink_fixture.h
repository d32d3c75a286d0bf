// Table schemas and rows for the tests of the SQLite sink. Rows live in an arena that lives as long as the fixture.
#pragma once

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/sqlite/sqlite_sink.h"
#include "support/catch.h"
#include "support/temporary_directory.h"
#include "tidemark/error.h"

namespace tidemark::test {

inline Column column(std::string name, ValueKind kind, std::string native_type, uint8_t scale = 0) {
  Column c;
  c.name = std::move(name);
  c.kind = kind;
  c.native_type = std::move(native_type);
  c.scale = scale;
  return c;
}

inline TableSchema table(std::string name, std::vector<Column> columns, std::vector<uint16_t> key) {
  TableSchema schema;
  schema.name = {"shop", std::move(name)};
  schema.columns = std::move(columns);
  for (uint16_t i = 0; i < schema.columns.size(); ++i) schema.columns[i].ordinal = i;
  schema.source_columns = static_cast<uint16_t>(schema.columns.size());
  for (uint16_t c : key) schema.columns[c].nullable = false;
  schema.key_origin = key.empty() ? KeyOrigin::none : KeyOrigin::primary;
  schema.key = std::move(key);
  return schema;
}

inline SinkTable sink_table(const TableSchema& schema) { return {std::make_shared<TableSchema>(schema), "", schema.name.table}; }

/// id int primary key, name text, amount decimal(10,2)
inline TableSchema orders() {
  return table("orders",
               {column("id", ValueKind::int64, "int"), column("name", ValueKind::text, "varchar(50)"),
                column("amount", ValueKind::decimal, "decimal(10,2)", 2)},
               {0});
}

inline Value text(std::string_view bytes) { return Value::of_bytes(ValueKind::text, bytes); }
inline Value decimal(std::string_view bytes) { return Value::of_bytes(ValueKind::decimal, bytes); }

inline Position position(uint64_t byte) {
  return Position::parse("mysql server=00000000-0000-0000-0000-000000000001 file=binlog.000001:" + std::to_string(byte) + " gtids=");
}

inline SinkConfig config_for(const std::string& path) {
  SinkConfig config;
  config.name = "edge";
  config.engine = "sqlite";
  config.path = path;
  return config;
}

/// Runs a query with a connection of its own, as another program would: columns joined by '|', rows by '\n', NULL as "NULL", blobs in hex.
inline std::string query(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr) == SQLITE_OK);
  sqlite3_busy_timeout(db, 2000);
  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  std::string out;
  for (const char* rest = sql.c_str(); *rest != 0;) {
    sqlite3_stmt* stmt = nullptr;
    int code = sqlite3_prepare_v2(db, rest, -1, &stmt, &rest);
    INFO(sqlite3_errmsg(db));
    REQUIRE(code == SQLITE_OK);
    if (stmt == nullptr) break;
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
      if (!out.empty()) out += '\n';
      for (int i = 0; i < sqlite3_column_count(stmt); ++i) {
        if (i > 0) out += '|';
        int type = sqlite3_column_type(stmt, i);
        if (type == SQLITE_NULL) {
          out += "NULL";
        } else if (type == SQLITE_BLOB) {
          const auto* bytes = static_cast<const unsigned char*>(sqlite3_column_blob(stmt, i));
          out += "x'";
          for (int b = 0; b < sqlite3_column_bytes(stmt, i); ++b) {
            char hex[3];
            std::snprintf(hex, sizeof hex, "%02x", bytes[b]);
            out += hex;
          }
          out += "'";
        } else {
          out.append(reinterpret_cast<const char*>(sqlite3_column_text(stmt, i)), static_cast<size_t>(sqlite3_column_bytes(stmt, i)));
        }
      }
    }
    CHECK(code == SQLITE_DONE);
    sqlite3_finalize(stmt);
  }
  sqlite3_close(db);
  return out;
}

inline bool contains(const std::string& text, const std::string& part) {
  UNSCOPED_INFO("in: " << text);
  return text.find(part) != std::string::npos;
}

/// What kind of Error a call throws, and its text; fails the test when it throws none.
template <typename Call>
Error error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error was thrown");
  std::abort();
}

/// A sink that is open and has prepared its tables, and the means to make batches for it.
class SinkFixture {
 public:
  explicit SinkFixture(std::vector<TableSchema> schemas, std::string file = "sink.db") : path(directory.file(file)) {
    for (const TableSchema& schema : schemas) tables.push_back(sink_table(schema));
    reopen();
  }

  void reopen() {
    sink = make_sqlite_sink(config_for(path));
    sink->open();
    saved = sink->load_state("p");
    prepared = sink->prepare("p", tables);
  }
  Row row(const std::vector<Value>& values) {
    Value* row = arena.allocate_row(values.size());
    for (size_t i = 0; i < values.size(); ++i) row[i] = values[i];
    return row;
  }
  TableStep step(uint32_t table = 0) const {
    TableStep s;
    s.table = table;
    return s;
  }
  SinkBatch batch(TableStep s) {
    SinkBatch b;
    b.steps.push_back(std::move(s));
    b.position = position(next_byte += 100);
    return b;
  }
  void upsert(const std::vector<std::vector<Value>>& rows, uint32_t table = 0) {
    TableStep s = step(table);
    for (const auto& values : rows) s.upserts.push_back(row(values));
    sink->write(batch(s));
  }
  std::string sql(const std::string& text) const { return query(path, text); }
  /// Rows read back by key with a reader of its own, in the order of the keys given.
  std::vector<std::vector<Value>> read(uint32_t table, const std::vector<KeyBytes>& keys) {
    auto reader = make_sqlite_sink(config_for(path));
    reader->bind(tables);
    reader->begin_read("p");
    std::vector<std::vector<Value>> rows;
    reader->read_keys(table, keys, [&](std::unique_ptr<RowBlock> block) {
      for (Row r : block->rows) rows.emplace_back(r, r + tables[table].schema->columns.size());
      blocks.push_back(std::move(block));
      return true;
    });
    reader->end_read();
    return rows;
  }

  TemporaryDirectory directory;
  std::string path;
  std::vector<SinkTable> tables;
  std::unique_ptr<Sink> sink;
  SavedState saved;
  std::vector<PreparedTable> prepared;
  Arena arena;
  std::vector<std::unique_ptr<RowBlock>> blocks;
  uint64_t next_byte = 0;
};

}  // namespace tidemark::test
