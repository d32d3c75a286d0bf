#include "engine/postgres/snapshot_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/failpoint.h"
#include "engine/postgres/copy_out.h"
#include "engine/postgres/dialect.h"
#include "engine/postgres/row_blocks.h"
#include "engine/postgres/snapshot_text.h"
#include "engine/postgres/source_sql.h"
#include "engine/postgres/table_scan.h"
#include "engine/postgres/timeline_watch.h"
#include "engine/postgres/value_decoding.h"

namespace tidemark::postgres {
namespace {

constexpr size_t kKeysAtOnce = 500;
constexpr size_t kKeyBlockBytes = size_t{1} << 20;
constexpr size_t kHugeRowBytes = size_t{16} << 20;
constexpr const char* kCatalogOnly = "pg_catalog";

// A range is read along its key's index. Statistics may be missing or old, and one scan and sort of the whole table for each chunk would
// never end; where there is no index the server scans all the same.
constexpr const char* kMainSettings = "SET enable_seqscan=off; SET max_parallel_workers_per_gather=0";
// The watermark's message is for the stream only; no standby has to confirm it.
constexpr const char* kSideSettings = "SET synchronous_commit=local";

// The timeline that is written to has no function of its own, but the name of a WAL file begins with it. On a standby nothing tells.
constexpr const char* kPlaces =
    "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END,"
    "CASE WHEN NOT pg_is_in_recovery() THEN ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int::text END";

std::string doing_with(const char* what, const TableSchema& table) { return fmt::format("{} {}", what, printable(table.name.text())); }

/// Values of a key, or none; the pointer lives as long as the object.
struct DecodedKey {
  DecodedKey(const TableSchema& table, const std::optional<KeyBytes>& bytes, Arena& arena) : present(bytes.has_value()) {
    if (bytes) values = decode_key(*bytes, arena);
    if (present && values.size() != table.key.size()) {
      throw Error(ErrorKind::state, doing_with("reading a range of", table), "its saved bound is no key of the table");
    }
  }
  const Value* get() const { return present ? values.data() : nullptr; }
  std::vector<Value> values;
  bool present;
};

uint64_t number_in(std::string_view text) {
  uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

}  // namespace

PostgresSnapshotReader::PostgresSnapshotReader(const SourceConfig& config, uint64_t timeline)
    : address_(config.address),
      timeline_(timeline),
      scan_connections_(std::max(1u, config.postgres.scan_connections)),
      main_(config.address, Role::source),
      side_(config.address, Role::source) {}

/// Usable for a statement outside of a transaction: what was left in the middle of one is opened anew.
void PostgresSnapshotReader::ready(Connection& connection, const char* settings) {
  const auto check_cancelled = [&] {
    if (cancelled_) throw Error(ErrorKind::interrupted, "reading a chunk", "stop was asked for");
  };
  check_cancelled();
  if (connection.is_open() && PQtransactionStatus(connection.raw()) == PQTRANS_IDLE) return;
  connection.open();
  check_cancelled();
  connection.run(settings, "setting up the session");
}

/// A server that was promoted meanwhile tells by snapshots what its views saw, of transactions that the stream of before does not name.
LogOffset PostgresSnapshotReader::place_in(const PGresult* result, int first_column) const {
  const auto byte = parse_lsn(field_of(result, 0, first_column));
  const bool standby = PQgetisnull(result, 0, first_column + 1) != 0;
  const uint64_t timeline = standby ? timeline_ : number_in(field_of(result, 0, first_column + 1));
  if (!byte || timeline == 0) throw Error(ErrorKind::corrupt, "asking for a place in the WAL", "the server gave none");
  if (timeline_ != 0 && timeline != timeline_) throw another_timeline(timeline_, timeline);
  return {timeline, *byte};
}

Connection& PostgresSnapshotReader::main() {
  if (view_open_) {
    if (main_.is_open() && PQtransactionStatus(main_.raw()) == PQTRANS_INTRANS) return main_;
    main_.check_interrupted();
    throw Error(ErrorKind::source_unavailable, "reading a chunk", "the read view is lost");
  }
  const uint64_t session = main_.session();
  ready(main_, kMainSettings);
  if (main_.session() != session) search_path_ = kCatalogOnly;
  return main_;
}

Connection& PostgresSnapshotReader::side() {
  ready(side_, kSideSettings);
  return side_;
}

const PostgresSnapshotReader::Facts& PostgresSnapshotReader::facts_of(const TableSchema& table) {
  // the table of a view is locked
  if (view_open_ && facts_.table == table.name) return facts_;
  // The base types of the key's columns: their comparison operators are next to them.
  const std::string sql = fmt::format(
      "WITH RECURSIVE types(oid) AS (SELECT a.atttypid FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attname = ANY "
      "($2::name[]) "
      "UNION SELECT t.typbasetype FROM types JOIN pg_type t ON t.oid = types.oid WHERE t.typtype = 'd') "
      "SELECT c.relkind, (SELECT string_agg(DISTINCT ', ' || quote_ident(n.nspname), '') FROM types JOIN pg_type t ON t.oid = types.oid "
      "JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname <> 'pg_catalog'), pg_is_in_recovery(), {} "
      "FROM pg_class c WHERE c.oid = to_regclass($1)",
      kPlaces);
  const std::string name = quote_name(table.name.database, table.name.table);
  std::string keys = "{";
  for (const uint16_t i : table.key) {
    std::string escaped;
    for (const char c : table.columns[i].name) {
      if (c == '"' || c == '\\') escaped.push_back('\\');
      escaped.push_back(c);
    }
    keys += fmt::format("{}\"{}\"", keys.size() > 1 ? "," : "", escaped);
  }
  keys += "}";
  Params params;
  params.add_text(name);
  params.add_text(keys);
  const std::string doing = doing_with("looking at", table);
  const Result result = main().run(sql, params, doing.c_str());
  if (PQntuples(result.get()) == 0) throw Error(ErrorKind::schema_changed, doing, "the table is gone");
  Facts facts;
  facts.table = table.name;
  facts.from = fmt::format("{}{}", field_of(result.get(), 0, 0) == "p" ? "" : "ONLY ", name);
  facts.search_path = kCatalogOnly + std::string(field_of(result.get(), 0, 1));
  facts.standby = field_of(result.get(), 0, 2) == "t";
  facts.here = place_in(result.get(), 3);
  facts_ = std::move(facts);
  return facts_;
}

void PostgresSnapshotReader::use_search_path(const std::string& path) {
  if (path == search_path_) return;
  main().run("SET search_path=" + path, "setting up the session");
  search_path_ = path;
}

std::optional<KeyBytes> PostgresSnapshotReader::boundary(const TableSchema& table, const std::optional<KeyBytes>& after,
                                                         const std::optional<KeyBytes>& upto, uint64_t rows) {
  Arena arena;
  const DecodedKey low(table, after, arena), high(table, upto, arena);
  const Facts& facts = facts_of(table);
  use_search_path(facts.search_path);
  const std::string where = range_predicate(table, low.get(), high.get()), keys = key_list(table);
  const std::string doing = doing_with("looking for the end of a chunk of", table);
  const Result result = main().run(fmt::format("SELECT {} FROM {}{}{} ORDER BY {} LIMIT 1 OFFSET {}", keys, facts.from,
                                               where.empty() ? "" : " WHERE ", where, keys, rows == 0 ? 0 : rows - 1),
                                   doing.c_str());
  if (PQntuples(result.get()) == 0) return std::nullopt;
  Value* const row = arena.allocate_row(table.columns.size());
  for (size_t i = 0; i < table.key.size(); ++i) {
    const uint16_t c = table.key[i];
    if (PQgetisnull(result.get(), 0, static_cast<int>(i)) != 0) {
      row[c] = Value::null();
    } else if (!FieldDecoder(table.columns[c]).text(arena.copy(field_of(result.get(), 0, static_cast<int>(i))), row[c], arena)) {
      throw malformed_field(table.name, table.columns[c]);
    }
  }
  return encode_key(table, row);
}

ReadView PostgresSnapshotReader::begin(const TableSchema& table, const ReadNeeds& needs) {
  if (view_open_) end();
  const Facts& facts = facts_of(table);
  const std::string doing = doing_with("opening a read view of", table);
  if (facts.standby && needs.exact) {
    throw Error(ErrorKind::server_settings, doing, "a standby cannot say exactly what a read saw, and the table has no key",
                "read from the primary, or give the table a primary key");
  }
  use_search_path(facts.search_path);
  const Result result = main().run(fmt::format("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE {} IN ACCESS SHARE MODE; "
                                               "SELECT pg_current_snapshot()",
                                               facts.from),
                                   doing.c_str());
  view_open_ = true;
  failpoint("postgres_source.view_begun");
  ReadView view;
  if (facts.standby) {
    view.visibility.by = Visibility::By::offset;
    view.visibility.exact = false;
    view.visibility.offset = facts.here;
  } else {
    const auto seen = parse_snapshot(field_of(result.get(), 0, 0));
    if (!seen) throw Error(ErrorKind::corrupt, doing, "the server's snapshot is not understood");
    view.visibility = *seen;
    if (!table.has_key()) export_snapshot(table);
  }
  return view;
}

/// Before the first statement with a savepoint: a subtransaction cannot export its snapshot.
void PostgresSnapshotReader::export_snapshot(const TableSchema& table) {
  const std::string doing = doing_with("opening a read view of", table);
  const std::string name = quote_name(table.name.database, table.name.table);
  Params params;
  params.add_text(name);
  const Result result = main().run(
      fmt::format("SELECT pages, CASE WHEN pages > {} THEN pg_export_snapshot() END FROM (SELECT pg_relation_size(to_regclass($1)) / "
                  "current_setting('block_size')::int) s(pages)",
                  kScanRangePages),
      params, doing.c_str());
  facts_.scan_pages = number_in(field_of(result.get(), 0, 0));
  facts_.snapshot = field_of(result.get(), 0, 1);
}

bool PostgresSnapshotReader::stream_rows(const TableSchema& table, const std::string& query, size_t block_bytes, const RowBlockSink& sink) {
  RowBlocks rows(table, block_bytes, sink);
  CopyOut copy(main(), query, doing_with("reading", table));
  std::string_view tuples;
  while (copy.next(tuples) == CopyOut::Arrival::tuples) {
    failpoint("postgres_source.copying");
    if (rows.add(tuples)) continue;
    copy.stop();
    return false;
  }
  row_was_huge_ = row_was_huge_ || rows.largest_tuple_bytes() > kHugeRowBytes;
  return rows.finish();
}

void PostgresSnapshotReader::read(const TableSchema& table, const KeyRange& range, size_t block_bytes, const RowBlockSink& sink) {
  if (range.only) {
    // what the key's type takes for equal, as citext does, is another row
    read_keys(table, {*range.only}, [&](std::unique_ptr<RowBlock> block) {
      const auto is_other = [&](Row row) { return encode_key(table, row) != *range.only; };
      block->rows.erase(std::remove_if(block->rows.begin(), block->rows.end(), is_other), block->rows.end());
      return block->rows.empty() || sink(std::move(block));
    });
    return;
  }
  Arena arena;
  const DecodedKey after(table, range.after, arena), upto(table, range.upto, arena);
  const std::string where = range_predicate(table, after.get(), upto.get());
  const Facts& facts = facts_of(table);
  use_search_path(facts.search_path);
  if (range.whole_table() && !facts.snapshot.empty()) {
    TableScan scan({facts.snapshot, facts.scan_pages, facts.from, copy_list(table), doing_with("reading", table)}, main(), address_,
                   scan_connections_ - 1);
    RowBlocks rows(table, block_bytes, sink);
    if (scan.run(rows)) rows.finish();
    return;
  }
  std::string query = fmt::format("SELECT {} FROM {}", copy_list(table), facts.from);
  if (!where.empty()) query += " WHERE " + where;
  if (table.has_key()) query += " ORDER BY " + key_list(table);
  stream_rows(table, query, block_bytes, sink);
}

void PostgresSnapshotReader::read_keys(const TableSchema& table, const std::vector<KeyBytes>& keys, const RowBlockSink& sink) {
  use_search_path(facts_of(table).search_path);
  bool go_on = true;
  for (size_t first = 0; go_on && first < keys.size(); first += kKeysAtOnce) {
    Arena arena;
    std::vector<std::vector<Value>> some;
    for (size_t i = first; i < std::min(keys.size(), first + kKeysAtOnce); ++i) {
      some.push_back(DecodedKey(table, keys[i], arena).values);
    }
    const std::string query =
        fmt::format("SELECT {} FROM {} WHERE {}", copy_list(table), facts_of(table).from, keys_predicate(table, some));
    go_on = stream_rows(table, query, kKeyBlockBytes, sink);
  }
}

LogOffset PostgresSnapshotReader::high_watermark() {
  constexpr const char* kDoing = "asking for the high watermark";
  Connection& beside = side();
  const Result result = beside.run(
      fmt::format("SELECT {}, CASE WHEN pg_is_in_recovery() THEN false ELSE pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn() END",
                  kPlaces),
      kDoing);
  const LogOffset high = place_in(result.get(), 0);
  // The WAL sender sends what is flushed. Nobody has to flush what is no commit, or one with synchronous_commit off; a commit does.
  if (field_of(result.get(), 0, 2) == "t") {
    beside.run("SELECT pg_logical_emit_message(true, 'tidemark', '')", kDoing);
    failpoint("postgres_source.watermark_sent");
  }
  return high;
}

void PostgresSnapshotReader::end() {
  if (!std::exchange(view_open_, false) || !main_.is_open()) return;
  const PGTransactionStatusType status = PQtransactionStatus(main_.raw());
  if (row_was_huge_ || (status != PQTRANS_INTRANS && status != PQTRANS_INERROR)) {
    main_.close();  // a transaction that only reads ends with it
    row_was_huge_ = false;
    return;
  }
  if (status == PQTRANS_INERROR) search_path_.clear();  // what was set within goes back with it
  main_.run("COMMIT", "ending a read view");
}

void PostgresSnapshotReader::cancel() noexcept {
  cancelled_ = true;
  main_.interrupt();
  side_.interrupt();
}

}  // namespace tidemark::postgres
