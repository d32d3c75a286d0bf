#include "engine/postgres/own_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <thread>

#include "base/failpoint.h"
#include "engine/postgres/byte_buffer.h"
#include "engine/postgres/dialect.h"
#include "tidemark/error.h"

namespace tidemark::postgres {
namespace {

constexpr int kVersion = 1;
constexpr std::chrono::milliseconds kLockPause{50};
constexpr const char* kLoading = "reading tidemark's tables in the sink";
const std::string kSaving = "writing tidemark's tables in the sink";

/// What identifies a chunk among those of its table. Hashed by the server: keys may be larger than an index entry.
std::string range_identity(const KeyRange& range) {
  std::string out;
  for (const auto* end : {&range.after, &range.upto, &range.only}) {
    out.push_back(*end ? 1 : 0);
    if (!*end) continue;
    const uint64_t size = to_big(static_cast<uint64_t>((*end)->size()));
    out.append(reinterpret_cast<const char*>(&size), sizeof size);
    out += **end;
  }
  return out;
}

template <typename Int>
Int number(const PGresult* result, int row, int column) {
  std::string_view text = field_of(result, row, column);
  Int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<KeyBytes> key_bytes(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column)) return std::nullopt;
  size_t size = 0;
  std::unique_ptr<unsigned char, decltype(&PQfreemem)> bytes(
      PQunescapeBytea(reinterpret_cast<const unsigned char*>(PQgetvalue(result, row, column)), &size), PQfreemem);
  if (!bytes) throw std::bad_alloc();
  return KeyBytes(reinterpret_cast<const char*>(bytes.get()), size);
}

void add_key(Params& params, const std::optional<KeyBytes>& key) {
  if (key)
    params.add_binary(*key);
  else
    params.add_null();
}

/// The server process that held this process's latest session on a pipeline: when the network was cut, the server may believe for a
/// while that it lives, and a new session may have to end it. A pipeline is run by one thread, and map nodes do not move.
int& holder_of(const std::string& lock_name) {
  static std::mutex mutex;
  static std::map<std::string, int> holders;
  std::lock_guard guard(mutex);
  return holders[lock_name];
}

}  // namespace

OwnTables::OwnTables(const std::string& schema)
    : quoted_schema_(quote_name(schema)),
      position_table_(quote_name(schema, "position")),
      chunk_table_(quote_name(schema, "chunk")),
      captured_table_(quote_name(schema, "captured")),
      version_table_(quote_name(schema, "version")) {
  save_position_.sql = fmt::format(
      "INSERT INTO {} (pipeline, position, updated_at) VALUES ($1, $2, now()) "
      "ON CONFLICT (pipeline) DO UPDATE SET position = EXCLUDED.position, updated_at = EXCLUDED.updated_at",
      position_table_);
  save_chunk_.sql = fmt::format(
      "INSERT INTO {} (pipeline, source_database, source_table, range_id, key_after, key_upto, key_only, done, rows, high_file, high_byte) "
      "VALUES ($1, $2, $3, sha256($4::bytea), $5::bytea, $6::bytea, $7::bytea, $8::boolean, $9::bigint, $10::bigint, $11::bigint) "
      "ON CONFLICT (pipeline, source_database, source_table, range_id) DO UPDATE SET done = EXCLUDED.done, rows = EXCLUDED.rows, "
      "high_file = EXCLUDED.high_file, high_byte = EXCLUDED.high_byte",
      chunk_table_);
  save_captured_.sql = fmt::format(
      "INSERT INTO {} (pipeline, source_database, source_table, active) VALUES ($1, $2, $3, $4::boolean) "
      "ON CONFLICT (pipeline, source_database, source_table) DO UPDATE SET active = EXCLUDED.active",
      captured_table_);
  remove_chunks_.sql = fmt::format("DELETE FROM {} WHERE pipeline = $1 AND source_database = $2 AND source_table = $3", chunk_table_);
}

void OwnTables::ensure(Connection& connection) {
  Params params;
  params.add_text(captured_table_);  // the youngest of them
  if (connection.value("SELECT to_regclass($1) IS NOT NULL", params, kLoading) != "t") create(connection);
  failpoint("postgres.own_tables");
  const std::string found = connection.value("SELECT max(version) FROM " + version_table_, Params(), kLoading);
  int version = 0;
  std::from_chars(found.data(), found.data() + found.size(), version);
  if (version == kVersion) return;
  throw Error(ErrorKind::state, "opening the sink",
              fmt::format("its schema {} was made by another version of tidemark ({}, ours is {})", quoted_schema_, found, kVersion),
              "use that version, or name another tidemark_schema in the sink's configuration");
}

void OwnTables::create(Connection& connection) {
  // one transaction under a lock: two daemons may start at once on an empty database
  std::string sql =
      fmt::format("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended({}, 0));", quote_literal("tidemark schema " + quoted_schema_));
  Params params;
  params.add_text(quoted_schema_);
  if (connection.value("SELECT to_regnamespace($1) IS NOT NULL", params, kLoading) != "t") {
    sql += fmt::format("CREATE SCHEMA IF NOT EXISTS {};", quoted_schema_);
  }
  sql += fmt::format(
      "CREATE TABLE IF NOT EXISTS {0} (pipeline text PRIMARY KEY, position text NOT NULL, updated_at timestamptz NOT NULL DEFAULT now()) "
      "WITH (fillfactor=10);"
      "CREATE TABLE IF NOT EXISTS {1} (pipeline text NOT NULL, source_database text NOT NULL, source_table text NOT NULL, range_id bytea "
      "NOT NULL, "
      "key_after bytea, key_upto bytea, key_only bytea, done boolean NOT NULL, rows bigint NOT NULL, high_file bigint NOT NULL, "
      "high_byte bigint NOT NULL, PRIMARY KEY (pipeline, source_database, source_table, range_id));"
      "CREATE TABLE IF NOT EXISTS {5} (pipeline text NOT NULL, source_database text NOT NULL, source_table text NOT NULL, "
      "active boolean NOT NULL, PRIMARY KEY (pipeline, source_database, source_table));"
      "CREATE TABLE IF NOT EXISTS {2} (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), version integer NOT NULL, "
      "created_at timestamptz NOT NULL DEFAULT now());"
      "INSERT INTO {2} (version) VALUES ({3}) ON CONFLICT (only_row) DO NOTHING;"
      "COMMENT ON SCHEMA {4} IS 'positions and chunk records of tidemark; part of what makes its copies exact, do not edit';"
      "COMMIT",
      position_table_, chunk_table_, version_table_, kVersion, quoted_schema_, captured_table_);
  connection.run(sql, "creating tidemark's tables in the sink");
}

void OwnTables::lock(Connection& connection, const std::string& pipeline, std::chrono::milliseconds patience) {
  constexpr const char* kLock = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))";
  const std::string name = fmt::format("tidemark pipeline {} {}", quoted_schema_, pipeline);
  int& holder = holder_of(connection.where() + name);
  int former_pid = holder;
  Params params;
  params.add_text(name);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::chrono::milliseconds pause{2};  // a session whose daemon was killed ends within milliseconds
  while (connection.value(kLock, params, "locking the pipeline at the sink") != "t") {
    if (former_pid != 0) {
      // our own session, whose end the server has not noticed; only if the lock's holder is still that one
      const std::string pid = std::to_string(former_pid);
      Params both;
      both.add_text(name);
      both.add_text(pid);
      connection.run(
          "SELECT pg_terminate_backend(l.pid) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.pid = "
          "$2::int "
          "AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended($1, 0)",
          both, "ending the former session at the sink");
      former_pid = 0;
    }
    if (std::chrono::steady_clock::now() > deadline) {
      throw Error(
          ErrorKind::busy, fmt::format("opening pipeline {}", pipeline), "another tidemark is writing this pipeline into the same sink",
          "stop the other one; who it is: SELECT pid, client_addr, state FROM pg_stat_activity WHERE application_name = 'tidemark'");
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kLockPause);
    connection.check_interrupted();
  }
  holder = connection.backend_pid();
}

Position OwnTables::position(Connection& connection, const std::string& pipeline) {
  Params params;
  params.add_text(pipeline);
  Params table;
  table.add_text(position_table_);
  if (connection.value("SELECT to_regclass($1) IS NOT NULL", table, kLoading) != "t") return {};
  const std::string text = connection.value(fmt::format("SELECT position FROM {} WHERE pipeline = $1", position_table_), params, kLoading);
  return text.empty() ? Position() : Position::parse(text);
}

SavedState OwnTables::load(Connection& connection, const std::string& pipeline) {
  SavedState state;
  Params params;
  params.add_text(pipeline);
  // reads that must agree with each other; nobody else writes while we hold the lock, but status tools may read without it
  connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", kLoading);
  state.position = position(connection, pipeline);
  Result rows = connection.run(
      fmt::format("SELECT source_database, source_table, key_after, key_upto, key_only, done, rows, high_file, high_byte FROM {} "
                  "WHERE pipeline = $1 ORDER BY source_database, source_table, high_file, high_byte",
                  chunk_table_),
      params, kLoading);
  const Result tables =
      connection.run(fmt::format("SELECT source_database, source_table, active FROM {} WHERE pipeline = $1 ORDER BY 1, 2", captured_table_),
                     params, kLoading);
  connection.run("COMMIT", kLoading);
  for (int row = 0; row < PQntuples(tables.get()); ++row) {
    std::vector<TableName>& list = field_of(tables.get(), row, 2) == "t" ? state.captured : state.left;
    list.push_back({std::string(field_of(tables.get(), row, 0)), std::string(field_of(tables.get(), row, 1))});
  }
  const PGresult* r = rows.get();
  for (int row = 0; row < PQntuples(r); ++row) {
    ChunkRecord chunk;
    chunk.table = {std::string(field_of(r, row, 0)), std::string(field_of(r, row, 1))};
    chunk.range = {key_bytes(r, row, 2), key_bytes(r, row, 3), key_bytes(r, row, 4)};
    chunk.done = field_of(r, row, 5) == "t";
    chunk.rows = static_cast<uint64_t>(number<int64_t>(r, row, 6));
    chunk.high = {static_cast<uint64_t>(number<int64_t>(r, row, 7)), static_cast<uint64_t>(number<int64_t>(r, row, 8))};
    state.chunks.push_back(std::move(chunk));
  }
  return state;
}

void OwnTables::save_chunk(Flight& flight, const std::string& pipeline, const ChunkRecord& chunk) {
  const std::string identity = range_identity(chunk.range), done = chunk.done ? "t" : "f", rows = std::to_string(chunk.rows);
  // offsets are unsigned, a bigint holds the same bits
  const std::string file = std::to_string(static_cast<int64_t>(chunk.high.file)),
                    byte = std::to_string(static_cast<int64_t>(chunk.high.byte));
  Params params;
  params.add_text(pipeline);
  params.add_text(chunk.table.database);
  params.add_text(chunk.table.table);
  params.add_binary(identity);
  add_key(params, chunk.range.after);
  add_key(params, chunk.range.upto);
  add_key(params, chunk.range.only);
  params.add_text(done);
  params.add_text(rows);
  params.add_text(file);
  params.add_text(byte);
  flight.send(save_chunk_, params, kSaving);
}

void OwnTables::save(Flight& flight, const std::string& pipeline, const SinkBatch& batch) {
  for (const ChunkRecord& chunk : batch.chunks) save_chunk(flight, pipeline, chunk);
  const std::string position = batch.position.text();
  Params params;
  params.add_text(pipeline);
  params.add_text(position);
  flight.send(save_position_, params, kSaving);
}

void OwnTables::change_captured(Flight& flight, const std::string& pipeline, const std::vector<TableName>& joined,
                                const std::vector<TableName>& left) {
  for (const auto* tables : {&joined, &left}) {
    for (const TableName& table : *tables) {
      Params params;
      params.add_text(pipeline);
      params.add_text(table.database);
      params.add_text(table.table);
      if (tables == &left) flight.send(remove_chunks_, params, kSaving);
      const std::string active = tables == &joined ? "t" : "f";
      params.add_text(active);
      flight.send(save_captured_, params, kSaving);
    }
  }
}

void OwnTables::forget(Connection& connection, const std::string& pipeline, const TableName& table) {
  Params params;
  params.add_text(pipeline);
  params.add_text(table.database);
  params.add_text(table.table);
  connection.run(remove_chunks_.sql, params, kSaving.c_str());
  const std::string active = "f";
  params.add_text(active);
  connection.run(save_captured_.sql, params, kSaving.c_str());
}

}  // namespace tidemark::postgres
