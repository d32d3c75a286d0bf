#include "engine/mysql/sink_own_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <thread>

#include "base/failpoint.h"
#include "engine/mysql/dialect.h"
#include "tidemark/error.h"

namespace tidemark::mysql {
namespace {

constexpr int kVersion = 1;
constexpr std::chrono::milliseconds kLockPause{50};
constexpr const char* kLoading = "reading tidemark's tables in the sink";
const std::string kSaving = "writing tidemark's tables in the sink";

std::string text_literal(std::string_view text) { return hex_literal(text, true); }

std::string key_literal(const std::optional<KeyBytes>& key) { return key ? hex_literal(*key, false) : "NULL"; }

/// What identifies a chunk among those of its table. Hashed by the server: keys may be larger than an index entry.
std::string range_identity(const KeyRange& range) {
  std::string out;
  for (const auto* end : {&range.after, &range.upto, &range.only}) {
    out.push_back(*end ? 1 : 0);
    if (!*end) continue;
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>((*end)->size() >> shift));
    out += **end;
  }
  return out;
}

template <typename Int>
Int number(const Cell& cell) {
  Int value = 0;
  if (cell) std::from_chars(cell->data(), cell->data() + cell->size(), value);
  return value;
}

/// The connection id that this process's latest session on a pipeline had: when the network was cut, the server may believe for a while
/// that it lives, and a new session may have to end it. A pipeline is run by one thread, and map nodes do not move.
uint64_t& holder_of(const std::string& lock_name) {
  static std::mutex mutex;
  static std::map<std::string, uint64_t> holders;
  const std::lock_guard guard(mutex);
  return holders[lock_name];
}

std::string table_condition(const std::string& pipeline, const TableName& table) {
  return fmt::format("pipeline={} AND source_database={} AND source_table={}", text_literal(pipeline), text_literal(table.database),
                     text_literal(table.table));
}

}  // namespace

SinkOwnTables::SinkOwnTables(const std::string& database)
    : database_(database),
      position_table_(quote_name(TableName{database, "position"})),
      chunk_table_(quote_name(TableName{database, "chunk"})),
      captured_table_(quote_name(TableName{database, "captured"})),
      version_table_(quote_name(TableName{database, "version"})) {}

bool SinkOwnTables::exists(SinkSession& session) {
  // the youngest of them
  return session.value(fmt::format("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA={} AND TABLE_NAME='version'",
                                   quote_text(database_)),
                       kLoading) == "1";
}

void SinkOwnTables::ensure(SinkSession& session) {
  const std::string version = fmt::format("SELECT MAX(version) FROM {}", version_table_);
  // a daemon that died at the last of the tables has left it empty
  if (!exists(session) || session.value(version, kLoading).empty()) create(session);
  failpoint("mysql_sink.own_tables");
  const std::string found = session.value(version, kLoading);
  session.run("COMMIT", kLoading);
  if (number<int>(found) == kVersion) return;
  throw Error(
      ErrorKind::state, "opening the sink",
      fmt::format("its database {} was made by another version of tidemark ({}, ours is {})", quote_name(database_), found, kVersion),
      "use that version, or name another schema in the sink's configuration");
}

void SinkOwnTables::create(SinkSession& session) {
  // Each statement commits by itself and may meet what another daemon has just made: together they have one end, whoever makes what.
  // The names of a pipeline and of source tables are compared byte by byte, trailing spaces included.
  const char* collation = session.is_mariadb() ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
  const std::string doing = "creating tidemark's tables in the sink";
  if (session.value(fmt::format("SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME={}", quote_text(database_)), doing) !=
      "1") {
    session.run(fmt::format("CREATE DATABASE IF NOT EXISTS {} CHARACTER SET utf8mb4", quote_name(database_)), doing);
  }
  const std::string options = fmt::format("ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {}", collation);
  const std::string comment = "COMMENT='positions and chunk records of tidemark; part of what makes its copies exact, do not edit'";
  const std::string table = "pipeline VARCHAR(255) NOT NULL, source_database VARCHAR(64) NOT NULL, source_table VARCHAR(64) NOT NULL";
  session.run(fmt::format("CREATE TABLE IF NOT EXISTS {} (pipeline VARCHAR(255) NOT NULL PRIMARY KEY, position LONGTEXT NOT NULL, "
                          "updated_at DATETIME(6) NOT NULL) {} {}",
                          position_table_, options, comment),
              doing);
  session.run(
      fmt::format("CREATE TABLE IF NOT EXISTS {} ({}, range_id BINARY(32) NOT NULL, key_after LONGBLOB, key_upto LONGBLOB, "
                  "key_only LONGBLOB, done TINYINT NOT NULL, row_count BIGINT UNSIGNED NOT NULL, high_file BIGINT UNSIGNED NOT NULL, "
                  "high_byte BIGINT UNSIGNED NOT NULL, PRIMARY KEY (pipeline, source_database, source_table, range_id)) {} {}",
                  chunk_table_, table, options, comment),
      doing);
  session.run(fmt::format("CREATE TABLE IF NOT EXISTS {} ({}, active TINYINT NOT NULL, "
                          "PRIMARY KEY (pipeline, source_database, source_table)) {} {}",
                          captured_table_, table, options, comment),
              doing);
  session.run(fmt::format("CREATE TABLE IF NOT EXISTS {} (only_row TINYINT NOT NULL PRIMARY KEY, version INT NOT NULL, "
                          "created_at DATETIME(6) NOT NULL) {} {}",
                          version_table_, options, comment),
              doing);
  session.run(fmt::format("INSERT IGNORE INTO {} VALUES (1, {}, UTC_TIMESTAMP(6)); COMMIT", version_table_, kVersion), doing);
}

void SinkOwnTables::lock(SinkSession& session, const std::string& pipeline, std::chrono::milliseconds patience) {
  constexpr const char* doing = "locking the pipeline at the sink";
  // names of locks are short and belong to the whole server; MySQL has lost SHA1()
  const std::string name = fmt::format("CONCAT('tidemark ',LEFT(SHA2({},256),40))", text_literal(database_ + '\n' + pipeline));
  uint64_t& holder = holder_of(session.where() + "\n" + database_ + "\n" + pipeline);
  uint64_t former = holder;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::chrono::milliseconds pause{2};  // a session whose daemon was killed ends within milliseconds
  while (session.value(fmt::format("SELECT GET_LOCK({},0)", name), doing) != "1") {
    const uint64_t found = number<uint64_t>(session.value(fmt::format("SELECT IS_USED_LOCK({})", name), doing));
    if (former != 0 && found == former) {
      // our own session, whose end the server has not noticed
      try {
        session.run(fmt::format("KILL {}", former), doing);
      } catch (const Error& error) {
        if (error.server_code() != "1094") throw;  // it has ended meanwhile
      }
      former = 0;
    }
    if (std::chrono::steady_clock::now() > deadline) {
      throw Error(
          ErrorKind::busy, fmt::format("opening pipeline {}", pipeline), "another tidemark is writing this pipeline into the same sink",
          fmt::format("stop the other one; who it is: SELECT * FROM information_schema.PROCESSLIST WHERE ID = {}; if its machine is "
                      "gone, the server ends it within five minutes, or at once: KILL {}",
                      found, found));
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kLockPause);
    session.check_interrupted();
  }
  session.run("COMMIT", doing);
  holder = session.id();
}

Position SinkOwnTables::position(SinkSession& session, const std::string& pipeline) {
  if (!exists(session)) return {};
  const std::string text =
      session.value(fmt::format("SELECT position FROM {} WHERE pipeline={}", position_table_, text_literal(pipeline)), kLoading);
  return text.empty() ? Position() : Position::parse(text);
}

SavedState SinkOwnTables::load(SinkSession& session, const std::string& pipeline) {
  SavedState state;
  // nobody else writes while we hold the lock, so that several reads agree with each other
  state.position = position(session, pipeline);
  const std::vector<ResultRow> rows = session.query(
      fmt::format(
          "SELECT source_database, source_table, key_after, key_upto, key_only, done, row_count, high_file, high_byte FROM {} WHERE "
          "pipeline={} ORDER BY source_database, source_table, high_file, high_byte",
          chunk_table_, text_literal(pipeline)),
      kLoading);
  const std::vector<ResultRow> tables =
      session.query(fmt::format("SELECT source_database, source_table, active FROM {} WHERE pipeline={} ORDER BY 1, 2", captured_table_,
                                text_literal(pipeline)),
                    kLoading);
  session.run("COMMIT", kLoading);
  for (const ResultRow& row : tables) {
    std::vector<TableName>& list = row[2] == "1" ? state.captured : state.left;
    list.push_back({row[0].value_or(""), row[1].value_or("")});
  }
  for (const ResultRow& row : rows) {
    ChunkRecord chunk;
    chunk.table = {row[0].value_or(""), row[1].value_or("")};
    chunk.range = {row[2], row[3], row[4]};
    chunk.done = row[5] == "1";
    chunk.rows = number<uint64_t>(row[6]);
    chunk.high = {number<uint64_t>(row[7]), number<uint64_t>(row[8])};
    state.chunks.push_back(std::move(chunk));
  }
  return state;
}

void SinkOwnTables::save(SinkStatements& statements, const std::string& pipeline, const SinkBatch& batch) {
  for (const ChunkRecord& chunk : batch.chunks) {
    // REPLACE is safe here: a record has one key, and all its columns are given
    statements.begin(kSaving) += fmt::format(
        "REPLACE INTO {} (pipeline, source_database, source_table, range_id, key_after, key_upto, key_only, done, row_count, high_file, "
        "high_byte) VALUES ({}, {}, {}, UNHEX(SHA2({}, 256)), {}, {}, {}, {}, {}, {}, {})",
        chunk_table_, text_literal(pipeline), text_literal(chunk.table.database), text_literal(chunk.table.table),
        hex_literal(range_identity(chunk.range), false), key_literal(chunk.range.after), key_literal(chunk.range.upto),
        key_literal(chunk.range.only), chunk.done ? 1 : 0, chunk.rows, chunk.high.file, chunk.high.byte);
  }
  statements.begin(kSaving) += fmt::format(
      "INSERT INTO {0} (pipeline, position, updated_at) VALUES ({1}, {2}, UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE position={2}, "
      "updated_at=UTC_TIMESTAMP(6)",
      position_table_, text_literal(pipeline), text_literal(batch.position.text()));
}

void SinkOwnTables::change_captured(SinkStatements& statements, const std::string& pipeline, const std::vector<TableName>& joined,
                                    const std::vector<TableName>& left) {
  for (const auto* tables : {&joined, &left}) {
    for (const TableName& table : *tables) {
      if (tables == &left) {
        statements.begin(kSaving) += fmt::format("DELETE FROM {} WHERE {}", chunk_table_, table_condition(pipeline, table));
      }
      statements.begin(kSaving) +=
          fmt::format("REPLACE INTO {} (pipeline, source_database, source_table, active) VALUES ({}, {}, {}, {})", captured_table_,
                      text_literal(pipeline), text_literal(table.database), text_literal(table.table), tables == &joined ? 1 : 0);
    }
  }
}

}  // namespace tidemark::mysql
