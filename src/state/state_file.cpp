#include "state/state_file.h"

#include "base/failpoint.h"
#include "tidemark/error.h"

namespace tidemark::state {

namespace {

std::string_view bound(const std::optional<KeyBytes>& key) { return key ? std::string_view(*key) : std::string_view(); }

std::optional<KeyBytes> bound(std::string stored) {
  if (stored.empty()) return {};
  return stored;
}

Checksum sum_of_position(const std::string& pipeline, std::string_view position) { return Checksum().add(pipeline).add(position); }

Checksum sum_of_chunk(const std::string& pipeline, const ChunkRecord& chunk) {
  Checksum sum;
  sum.add(pipeline).add(chunk.table.database).add(chunk.table.table);
  sum.add(bound(chunk.range.after)).add(bound(chunk.range.upto)).add(bound(chunk.range.only));
  sum.add(int64_t{chunk.done}).add(static_cast<int64_t>(chunk.rows));
  return sum.add(static_cast<int64_t>(chunk.high.file)).add(static_cast<int64_t>(chunk.high.byte));
}

Checksum sum_of_schema(const std::string& pipeline, std::string_view valid_from, int64_t place, std::string_view definition) {
  return Checksum().add(pipeline).add(valid_from).add(place).add(definition);
}

}  // namespace

Statement& StateFile::statement(std::optional<Statement>& kept, const char* sql) {
  if (!kept) kept = connection_->prepare(sql);
  return *kept;
}

void StateFile::check_sum(const Checksum& expected, int64_t stored, const char* what) const {
  if (expected.value() == stored) return;
  throw Error(ErrorKind::state, "read state file " + connection_->path(), std::string("a ") + what + " record is damaged",
              rebuild_hint(connection_->path()));
}

StoredPipeline StateFile::load(const std::string& pipeline) {
  StoredPipeline stored;
  connection_->run("BEGIN");  // one state of all tables
  try {
    Statement select = connection_->prepare("SELECT position, sum FROM pipeline WHERE name = ?1");
    select.bind(1, pipeline);
    std::string text;
    while (select.step()) {
      stored.found = true;
      text = select.string(0);
      check_sum(sum_of_position(pipeline, text), select.integer(1), "position");
    }
    if (!text.empty()) stored.position = Position::parse(text);
    stored.chunks = read_chunks(pipeline);
    stored.schemas = read_schemas(pipeline);
  } catch (const Error& error) {
    connection_->rollback();
    if (error.kind() == ErrorKind::state) throw;
    throw Error(ErrorKind::state, "read state file " + connection_->path(), error.cause(), rebuild_hint(connection_->path()));
  }
  connection_->rollback();
  return stored;
}

std::vector<ChunkRecord> StateFile::read_chunks(const std::string& pipeline) {
  Statement select = connection_->prepare(
      "SELECT source_database, source_table, after_key, upto_key, only_key, done, row_count, high_file, high_byte, sum FROM chunk"
      " WHERE pipeline = ?1");
  select.bind(1, pipeline);
  std::vector<ChunkRecord> chunks;
  while (select.step()) {
    ChunkRecord chunk;
    chunk.table = {select.string(0), select.string(1)};
    chunk.range = {bound(select.string(2)), bound(select.string(3)), bound(select.string(4))};
    chunk.done = select.integer(5) != 0;
    chunk.rows = static_cast<uint64_t>(select.integer(6));
    chunk.high = {static_cast<uint64_t>(select.integer(7)), static_cast<uint64_t>(select.integer(8))};
    check_sum(sum_of_chunk(pipeline, chunk), select.integer(9), "chunk");
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

std::vector<StoredSchema> StateFile::read_schemas(const std::string& pipeline) {
  Statement select = connection_->prepare("SELECT valid_from, place, definition, sum FROM table_schema WHERE pipeline = ?1 ORDER BY place");
  select.bind(1, pipeline);
  std::vector<StoredSchema> schemas;
  while (select.step()) {
    std::string valid_from = select.string(0), definition = select.string(2);
    check_sum(sum_of_schema(pipeline, valid_from, select.integer(1), definition), select.integer(3), "schema");
    schemas.push_back({schema_from_json(definition), std::move(valid_from)});
  }
  return schemas;
}

void StateFile::write_position(const std::string& pipeline, const Position& position) {
  std::string text = position.known() ? position.text() : std::string();
  Statement& put = statement(put_position_, "INSERT OR REPLACE INTO pipeline VALUES (?1, ?2, ?3)");
  put.bind(1, pipeline).bind(2, text).bind(3, sum_of_position(pipeline, text).value()).run();
}

void StateFile::write_chunks(const std::string& pipeline, const std::vector<ChunkRecord>& chunks) {
  if (chunks.empty()) return;
  Statement& put = statement(put_chunk_, "INSERT OR REPLACE INTO chunk VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
  for (const ChunkRecord& chunk : chunks) {
    put.bind(1, pipeline).bind(2, chunk.table.database).bind(3, chunk.table.table);
    put.bind_blob(4, bound(chunk.range.after)).bind_blob(5, bound(chunk.range.upto)).bind_blob(6, bound(chunk.range.only));
    put.bind(7, int64_t{chunk.done}).bind(8, static_cast<int64_t>(chunk.rows));
    put.bind(9, static_cast<int64_t>(chunk.high.file)).bind(10, static_cast<int64_t>(chunk.high.byte));
    put.bind(11, sum_of_chunk(pipeline, chunk).value()).run();
  }
}

void StateFile::save_commit(const std::string& pipeline, const Position& position, const std::vector<ChunkRecord>& chunks) {
  failpoint("state.before_write");
  Transaction transaction(*connection_);
  write_position(pipeline, position);
  failpoint("state.position_written");
  write_chunks(pipeline, chunks);
  if (!chunks.empty()) failpoint("state.chunks_written");
  transaction.commit();
  failpoint("state.after_write");
}

void StateFile::delete_rows(const char* table, const std::string& pipeline) {
  Statement remove = connection_->prepare(std::string("DELETE FROM ") + table + " WHERE pipeline = ?1");
  remove.bind(1, pipeline).run();
}

void StateFile::rebuild(const std::string& pipeline, const SavedState& from_sink) {
  failpoint("state.before_write");
  OnDisk on_disk(*connection_);
  Transaction transaction(*connection_);
  // Schemas stay: the sink has none to give, and without those that hold at its position rows would be decoded with today's.
  delete_rows("chunk", pipeline);
  delete_rows("progress", pipeline);
  write_position(pipeline, from_sink.position);
  write_chunks(pipeline, from_sink.chunks);
  failpoint("state.rebuilding");
  transaction.commit();
  failpoint("state.after_write");
}

void StateFile::save_schemas(const std::string& pipeline, const std::vector<StoredSchema>& schemas) {
  failpoint("state.before_write");
  OnDisk on_disk(*connection_);
  Transaction transaction(*connection_);
  delete_rows("table_schema", pipeline);
  Statement put = connection_->prepare("INSERT INTO table_schema VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  int64_t place = 0;
  for (const StoredSchema& stored : schemas) {
    std::string definition = schema_to_json(stored.schema);
    put.bind(1, pipeline).bind(2, stored.schema.name.database).bind(3, stored.schema.name.table).bind(4, stored.valid_from);
    put.bind(5, place).bind(6, definition).bind(7, sum_of_schema(pipeline, stored.valid_from, place, definition).value()).run();
    ++place;
  }
  failpoint("state.schemas_written");
  transaction.commit();
  failpoint("state.after_write");
}

void StateFile::save_progress(const std::string& pipeline, const std::vector<StoredTableProgress>& tables) {
  Transaction transaction(*connection_);
  Statement put = connection_->prepare("INSERT OR REPLACE INTO progress VALUES (?1, ?2, ?3, ?4, ?5)");
  for (const StoredTableProgress& table : tables) {
    put.bind(1, pipeline).bind(2, table.table.database).bind(3, table.table.table).bind(4, table.state);
    put.bind(5, static_cast<int64_t>(table.rows_copied)).run();
  }
  failpoint("state.progress_written");
  transaction.commit();
}

std::vector<StoredTableProgress> StateFile::load_progress(const std::string& pipeline) {
  Statement select = connection_->prepare("SELECT source_database, source_table, state, rows_copied FROM progress WHERE pipeline = ?1");
  select.bind(1, pipeline);
  std::vector<StoredTableProgress> tables;
  while (select.step())
    tables.push_back({{select.string(0), select.string(1)}, select.string(2), static_cast<uint64_t>(select.integer(3))});
  return tables;
}

std::vector<std::string> StateFile::pipelines() {
  Statement select = connection_->prepare("SELECT name FROM pipeline ORDER BY name");
  std::vector<std::string> names;
  while (select.step()) names.push_back(select.string(0));
  return names;
}

}  // namespace tidemark::state
