#include "engine/sqlite/records.h"

#include "tidemark/error.h"

namespace tidemark::sqlite {

namespace {

// A bound that is not there is stored as an empty blob; a key is never empty, and NULLs would not be unique.
constexpr const char* kTables[] = {
    "CREATE TABLE IF NOT EXISTS _tidemark_position (pipeline TEXT NOT NULL PRIMARY KEY, position TEXT NOT NULL,"
    " source_commit_micros INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS _tidemark_chunk (pipeline TEXT NOT NULL, source_database TEXT NOT NULL, source_table TEXT NOT NULL,"
    " after_key BLOB NOT NULL, upto_key BLOB NOT NULL, only_key BLOB NOT NULL, done INTEGER NOT NULL, row_count INTEGER NOT NULL,"
    " high_file INTEGER NOT NULL, high_byte INTEGER NOT NULL,"
    " PRIMARY KEY (pipeline, source_database, source_table, after_key, upto_key, only_key)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS _tidemark_captured (pipeline TEXT NOT NULL, source_database TEXT NOT NULL, source_table TEXT NOT NULL,"
    " active INTEGER NOT NULL, PRIMARY KEY (pipeline, source_database, source_table)) STRICT, WITHOUT ROWID"};

std::string_view bound(const std::optional<KeyBytes>& key) { return key ? std::string_view(*key) : std::string_view(); }

std::optional<KeyBytes> bound(std::string_view stored) {
  if (stored.empty()) return {};
  return KeyBytes(stored);
}

void bind_chunk_key(Statement& statement, const std::string& pipeline, const TableName& table, const KeyRange& range) {
  statement.bind(1, pipeline).bind(2, table.database).bind(3, table.table);
  statement.bind_blob(4, bound(range.after)).bind_blob(5, bound(range.upto)).bind_blob(6, bound(range.only));
}

void write_chunks(Connection& connection, const std::string& pipeline, const std::vector<ChunkRecord>& chunks) {
  if (chunks.empty()) return;
  Statement insert = connection.prepare("INSERT OR REPLACE INTO _tidemark_chunk VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
  for (const ChunkRecord& chunk : chunks) {
    bind_chunk_key(insert, pipeline, chunk.table, chunk.range);
    insert.bind(7, int64_t{chunk.done}).bind(8, static_cast<int64_t>(chunk.rows));
    insert.bind(9, static_cast<int64_t>(chunk.high.file)).bind(10, static_cast<int64_t>(chunk.high.byte));
    insert.run();
  }
}

}  // namespace

bool records_exist(Connection& connection) {
  return connection.integer(
             "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('_tidemark_position', '_tidemark_chunk',"
             " '_tidemark_captured')") == 3;
}

void create_records(Connection& connection) {
  for (const char* sql : kTables) connection.run(sql);
}

Position read_position(Connection& connection, const std::string& pipeline) {
  Statement select = connection.prepare("SELECT position FROM _tidemark_position WHERE pipeline = ?1");
  select.bind(1, pipeline);
  if (!select.step()) return {};
  std::string text = select.string(0);
  try {
    return Position::parse(text);
  } catch (const Error& error) {
    throw Error(ErrorKind::data, "read the position of pipeline " + pipeline + " in " + connection.path(), error.cause(),
                "the row in _tidemark_position was changed by hand, or written by a newer tidemark: restore the file");
  }
}

std::vector<ChunkRecord> read_chunks(Connection& connection, const std::string& pipeline) {
  Statement select = connection.prepare(
      "SELECT source_database, source_table, after_key, upto_key, only_key, done, row_count, high_file, high_byte FROM _tidemark_chunk"
      " WHERE pipeline = ?1");
  select.bind(1, pipeline);
  std::vector<ChunkRecord> chunks;
  while (select.step()) {
    ChunkRecord chunk;
    chunk.table = {select.string(0), select.string(1)};
    chunk.range = {bound(select.bytes(2)), bound(select.bytes(3)), bound(select.bytes(4))};
    chunk.done = select.integer(5) != 0;
    chunk.rows = static_cast<uint64_t>(select.integer(6));
    chunk.high = {static_cast<uint64_t>(select.integer(7)), static_cast<uint64_t>(select.integer(8))};
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

std::vector<TableName> read_captured(Connection& connection, const std::string& pipeline, bool active) {
  Statement select =
      connection.prepare("SELECT source_database, source_table FROM _tidemark_captured WHERE pipeline = ?1 AND active = ?2 ORDER BY 1, 2");
  select.bind(1, pipeline).bind(2, int64_t{active});
  std::vector<TableName> tables;
  while (select.step()) tables.push_back({select.string(0), select.string(1)});
  return tables;
}

void write_captured(Connection& connection, const std::string& pipeline, const std::vector<TableName>& joined,
                    const std::vector<TableName>& left) {
  Statement put = connection.prepare("INSERT OR REPLACE INTO _tidemark_captured VALUES (?1, ?2, ?3, ?4)");
  for (const auto* tables : {&joined, &left}) {
    for (const TableName& table : *tables)
      put.bind(1, pipeline).bind(2, table.database).bind(3, table.table).bind(4, int64_t{tables == &joined}).run();
  }
  Statement remove = connection.prepare("DELETE FROM _tidemark_chunk WHERE pipeline = ?1 AND source_database = ?2 AND source_table = ?3");
  for (const TableName& table : left) remove.bind(1, pipeline).bind(2, table.database).bind(3, table.table).run();
}

void write_records(Connection& connection, const std::string& pipeline, const SinkBatch& batch) {
  write_chunks(connection, pipeline, batch.chunks);
  std::string text = batch.position.text();
  Statement position = connection.prepare("INSERT OR REPLACE INTO _tidemark_position VALUES (?1, ?2, ?3)");
  position.bind(1, pipeline).bind(2, text).bind(3, batch.last_commit_micros).run();
}

}  // namespace tidemark::sqlite
