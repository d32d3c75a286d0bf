#include "engine/mysql/snapshot_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <unordered_set>

#include "base/failpoint.h"
#include "base/log.h"
#include "engine/mysql/catalog.h"
#include "engine/mysql/dialect.h"
#include "engine/mysql/event_control.h"
#include "engine/mysql/positions.h"

namespace tidemark::mysql {

namespace {

constexpr int kLockTries = 60;                    // of one second each
constexpr size_t kDrainBytes = size_t{32} << 20;  // what an early stop reads to its end rather than losing the connection
constexpr size_t kKeysAtOnce = 200;

std::vector<uint16_t> all_columns(const TableSchema& table) {
  std::vector<uint16_t> columns(table.columns.size());
  std::iota(columns.begin(), columns.end(), uint16_t{0});
  return columns;
}

std::string column_list(const TableSchema& table) {
  std::string out;
  for (const Column& column : table.columns) out += (out.empty() ? "" : ", ") + quote_name(column.name);
  return out.empty() ? "1" : out;
}

/// Values of a key, or none; the pointer lives as long as the object.
struct DecodedKey {
  DecodedKey(const std::optional<KeyBytes>& bytes, Arena& arena) {
    if (bytes) values = decode_key(*bytes, arena);
    present = bytes.has_value();
  }
  const Value* get() const { return present ? values.data() : nullptr; }
  std::vector<Value> values;
  bool present = false;
};

}  // namespace

Connection& MysqlSnapshotReader::ready(std::unique_ptr<Connection>& slot, Purpose purpose) {
  if (slot && slot->abandoned()) {
    const std::lock_guard lock(mutex_);
    slot.reset();
  }
  if (slot) return *slot;
  auto made = std::make_unique<Connection>(config_, purpose);
  const std::lock_guard lock(mutex_);
  if (cancelled_) throw Error(ErrorKind::interrupted, "reading a chunk", "stopped on request");
  slot = std::move(made);
  return *slot;
}

Connection& MysqlSnapshotReader::main() {
  const bool lost = view_open_ && (!main_ || main_->abandoned());
  if (lost) throw Error(ErrorKind::source_unavailable, "reading a chunk", "the connection that held its read view is gone");
  return ready(main_, Purpose::snapshot);
}

Connection& MysqlSnapshotReader::side() { return ready(side_, Purpose::control); }

std::string MysqlSnapshotReader::from_clause(const TableSchema& table) {
  std::string out = "FROM " + quote_name(table.name);
  if (!table.has_key()) return out;
  auto it = indexes_.find(table.name);
  if (it == indexes_.end()) it = indexes_.emplace(table.name, index_of_key(side(), table)).first;
  // The optimizer may prefer a scan and a sort of the whole table for each chunk; the walk is by this index or not at all.
  if (!it->second.empty()) out += " FORCE INDEX (" + quote_name(it->second) + ")";
  return out;
}

std::optional<KeyBytes> MysqlSnapshotReader::boundary(const TableSchema& table, const std::optional<KeyBytes>& after,
                                                      const std::optional<KeyBytes>& upto, uint64_t rows) {
  Arena arena;
  const DecodedKey low(after, arena), high(upto, arena);
  const std::string where = range_predicate(table, low.get(), high.get());
  const std::string sql = fmt::format("SELECT {} {}{}{} ORDER BY {} LIMIT {}, 1", key_columns(table), from_clause(table),
                                      where.empty() ? "" : " WHERE ", where, key_columns(table), rows == 0 ? 0 : rows - 1);
  Connection& connection = main();
  ResultStream stream(connection, sql);
  const ResultRowDecoder decoder(table, table.key, stream.fields());
  const std::string_view packet = stream.next();
  if (packet.empty()) return std::nullopt;
  Value* row = arena.allocate_row(table.columns.size());
  decoder.decode(arena.copy(packet), row, arena);
  KeyBytes key = encode_key(table, row);
  stream.drain(kDrainBytes);
  return key;
}

ReadView MysqlSnapshotReader::begin(const TableSchema& table, const ReadNeeds& needs) {
  if (view_open_) end();
  Connection& connection = main();
  ReadView view;
  if (connection.is_mariadb()) {
    view.visibility = open_mariadb_view(table, needs.locked);
  } else {
    const bool gtids = connection.query_text("SELECT @@GLOBAL.gtid_mode") == "ON";
    view.visibility = gtids && !needs.exact && !needs.locked ? open_view_after_gtids() : open_view_under_lock(table, gtids);
  }
  view_open_ = true;
  return view;
}

Visibility MysqlSnapshotReader::open_mariadb_view(const TableSchema& table, bool locked) {
  Connection& beside = side();
  const LogOffset xa_before = log_end(beside).second;  // this first: what it includes and XA RECOVER does not list is over
  std::vector<uint64_t> xa_open = prepared_xids();
  if (locked) lock_table(table);
  Visibility seen;
  try {
    seen = mariadb_view_opened();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (locked) side_.reset();  // gives the lock back whatever happened
    throw;
  }
  if (locked) beside.execute("UNLOCK TABLES");
  seen.xa_before = xa_before;
  seen.xa_open = std::move(xa_open);
  seen.loose = locked;
  return seen;
}

/// Of all that XA RECOVER lists: MariaDB takes a xid off it when the engine has committed, and asks for no privilege.
std::vector<uint64_t> MysqlSnapshotReader::prepared_xids() {
  std::vector<uint64_t> out;
  for (const ResultRow& row : side().query("XA RECOVER")) {
    uint64_t numbers[3] = {};  // format, length of the first and of the second part of the data
    for (size_t i = 0; i < 3 && i < row.size(); ++i) {
      const std::string text = row[i].value_or("");
      std::from_chars(text.data(), text.data() + text.size(), numbers[i]);
    }
    const std::string data = row.size() > 3 ? row[3].value_or("") : "";
    const size_t first = std::min<size_t>(numbers[1], data.size());
    out.push_back(xid_hash(xid_text(std::string_view(data).substr(0, first), std::string_view(data).substr(first, numbers[2]),
                                    static_cast<uint32_t>(numbers[0]))));
  }
  return out;
}

Visibility MysqlSnapshotReader::mariadb_view_opened() {
  Connection& connection = *main_;
  connection.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
  failpoint("mariadb.view_begun");
  std::string file, byte;
  for (const ResultRow& row : connection.query("SHOW STATUS LIKE 'binlog\\_snapshot\\_%'")) {
    if (row[0] == "Binlog_snapshot_file") file = row[1].value_or("");
    if (row[0] == "Binlog_snapshot_position") byte = row[1].value_or("");
  }
  if (file.empty() || file == "none") {
    throw Error(ErrorKind::server_settings, "opening a read view", "the server gives no binlog position for it",
                "start the server with log_bin");
  }
  Visibility seen;
  seen.by = Visibility::By::offset;
  seen.exact = true;
  seen.offset = log_offset(file, byte);
  return seen;
}

Visibility MysqlSnapshotReader::open_view_after_gtids() {
  Connection& connection = *main_;
  Visibility seen;
  seen.by = Visibility::By::gtids;
  seen.exact = false;
  seen.gtids = GtidSet::parse_mysql(connection.query_text("SELECT @@GLOBAL.gtid_executed"));
  failpoint("mysql.gtids_read");
  connection.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
  return seen;
}

Visibility MysqlSnapshotReader::open_view_under_lock(const TableSchema& table, bool gtids) {
  Connection& connection = *main_;
  Connection& locker = side();
  lock_table(table);
  failpoint("mysql.view_locked");
  Visibility seen;
  seen.exact = true;
  try {
    if (gtids) {
      seen.by = Visibility::By::gtids;
      seen.gtids = GtidSet::parse_mysql(locker.query_text("SELECT @@GLOBAL.gtid_executed"));
    } else {
      seen.by = Visibility::By::offset;
      seen.offset = log_end(locker).second;
    }
    connection.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
  } catch (...) {
    const std::lock_guard lock(mutex_);
    side_.reset();  // gives the lock back whatever happened
    throw;
  }
  locker.execute("UNLOCK TABLES");
  return seen;
}

void MysqlSnapshotReader::lock_table(const TableSchema& table) {
  Connection& locker = side();
  locker.execute("SET SESSION lock_wait_timeout=1");
  for (int i = 0;; ++i) {
    try {
      locker.execute(fmt::format("LOCK TABLES {} READ", quote_name(table.name)));
      return;
    } catch (const Error& e) {
      if (e.server_code() == "1044" || e.server_code() == "1142") {
        const std::string user = locker.query_text("SELECT CURRENT_USER()");
        throw Error(ErrorKind::credentials, fmt::format("locking {} for an instant", printable(table.name.text())), e.cause(),
                    fmt::format("GRANT SELECT, LOCK TABLES ON {}.* TO {}", printable(quote_name(table.name.database)), quote_user(user)));
      }
      if (e.server_code() != "1205") throw;
      if (i + 1 < kLockTries) continue;
    }
    break;
  }
  const std::string holder = lock_holder(table);
  throw Error(ErrorKind::source_unavailable, fmt::format("locking {} for an instant", printable(table.name.text())),
              fmt::format("other transactions held it for {} seconds{}", kLockTries, holder.empty() ? "" : ": " + holder),
              "end the long transaction (SELECT * FROM information_schema.innodb_trx ORDER BY trx_started), then it goes on by itself");
}

// Needs SELECT on performance_schema, which is not asked for: without it the message just says less.
std::string MysqlSnapshotReader::lock_holder(const TableSchema& table) {
  try {
    const auto rows = side().query(fmt::format(
        "SELECT DISTINCT t.processlist_id, t.processlist_user, t.processlist_host FROM performance_schema.metadata_locks m "
        "JOIN performance_schema.threads t ON t.thread_id = m.owner_thread_id WHERE m.object_schema = {} AND m.object_name = {} "
        "AND m.lock_status = 'GRANTED' AND t.processlist_id <> CONNECTION_ID() LIMIT 5",
        hex_literal(table.name.database, true), hex_literal(table.name.table, true)));
    std::string out;
    for (const ResultRow& row : rows) {
      out += fmt::format("{}connection {} of {}@{}", out.empty() ? "" : ", ", row[0].value_or("?"), printable(row[1].value_or("?")),
                         printable(row[2].value_or("?")));
    }
    return out;
  } catch (const Error&) {
    return {};
  }
}

void MysqlSnapshotReader::stream_rows(const TableSchema& table, const std::string& sql, size_t block_bytes, const RowBlockSink& sink) {
  Connection& connection = main();
  ResultStream stream(connection, sql);
  const ResultRowDecoder decoder(table, all_columns(table), stream.fields());
  const size_t width = table.columns.size();
  auto block = std::make_unique<RowBlock>();
  size_t used = 0;
  const auto give = [&] {
    auto full = std::exchange(block, std::make_unique<RowBlock>());
    used = 0;
    return sink(std::move(full));
  };
  while (true) {
    const std::string_view packet = stream.next();
    if (packet.empty()) break;
    const size_t row_bytes = packet.size() + width * sizeof(Value) + kRowPointerBytes;
    if (used != 0 && used + row_bytes > block_bytes && !give()) {
      if (!stream.drain(kDrainBytes)) connection.abandon();
      return;
    }
    used += row_bytes;
    Value* row = block->arena.allocate_row(width);
    decoder.decode(block->arena.copy(packet), row, block->arena);
    block->rows.push_back(row);
  }
  if (!block->rows.empty()) give();
}

void MysqlSnapshotReader::read(const TableSchema& table, const KeyRange& range, size_t block_bytes, const RowBlockSink& sink) {
  Arena arena;
  std::string where;
  if (range.only) {
    const DecodedKey key(range.only, arena);
    where = equal_predicate(table, key.get());
  } else {
    const DecodedKey after(range.after, arena), upto(range.upto, arena);
    where = range_predicate(table, after.get(), upto.get());
  }
  std::string sql = fmt::format("SELECT {} {}", column_list(table), from_clause(table));
  if (!where.empty()) sql += " WHERE " + where;
  if (table.has_key()) sql += " ORDER BY " + key_columns(table);
  if (!range.only) return stream_rows(table, sql, block_bytes, sink);
  // The server compares by collation: other rows than the one asked for may be equal to it there.
  stream_rows(table, sql, block_bytes, [&](std::unique_ptr<RowBlock> block) {
    block->rows.erase(
        std::remove_if(block->rows.begin(), block->rows.end(), [&](Row row) { return encode_key(table, row) != *range.only; }),
        block->rows.end());
    return block->rows.empty() || sink(std::move(block));
  });
}

void MysqlSnapshotReader::read_keys(const TableSchema& table, const std::vector<KeyBytes>& keys, const RowBlockSink& sink) {
  const std::unordered_set<KeyBytes> wanted(keys.begin(), keys.end());
  bool go_on = true;
  for (size_t first = 0; go_on && first < keys.size(); first += kKeysAtOnce) {
    Arena arena;
    std::string where;
    for (size_t i = first; i < std::min(keys.size(), first + kKeysAtOnce); ++i) {
      const std::vector<Value> values = decode_key(keys[i], arena);
      where += fmt::format("{}({})", where.empty() ? "" : " OR ", equal_predicate(table, values.data()));
    }
    const std::string sql = fmt::format("SELECT {} {} WHERE {}", column_list(table), from_clause(table), where);
    stream_rows(table, sql, size_t{1} << 20, [&](std::unique_ptr<RowBlock> block) {
      block->rows.erase(
          std::remove_if(block->rows.begin(), block->rows.end(), [&](Row row) { return wanted.count(encode_key(table, row)) == 0; }),
          block->rows.end());
      go_on = block->rows.empty() || sink(std::move(block));
      return go_on;
    });
  }
}

LogOffset MysqlSnapshotReader::high_watermark() { return log_end(side()).second; }

void MysqlSnapshotReader::end() {
  const bool was_open = std::exchange(view_open_, false);
  if (was_open && main_ && !main_->abandoned()) main_->execute("COMMIT");
}

void MysqlSnapshotReader::cancel() noexcept {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (main_) main_->cancel();
  if (side_) side_->cancel();
}

}  // namespace tidemark::mysql
