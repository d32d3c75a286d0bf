#include "workload/ledger_watcher.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <set>

#include "servers/sqlite_file.h"
#include "workload/ledger.h"

namespace tidemark::test {
namespace {

std::string text(const TextRow& row, size_t column) { return row[column].value_or(""); }

}  // namespace

LedgerSink ledger_in(const DatabaseServer& sink) {
  LedgerSink out;
  out.connect = [&sink] {
    std::shared_ptr<DatabaseClient> client = sink.client();
    return [client](const std::string& sql) { return client->query(sql); };
  };
  out.prefix = "d.";
  out.position_sql = "SELECT position FROM tidemark.position";
  if (sink.dialect() == Dialect::postgres) {
    out.begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    out.chunks_sql =
        "SELECT source_table, coalesce(encode(key_after,'hex'),''), coalesce(encode(key_upto,'hex'),''), "
        "coalesce(encode(key_only,'hex'),''), done::int, rows || ' rows, high ' || high_file || ':' || high_byte FROM tidemark.chunk";
  } else {
    out.begin = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
    out.chunks_sql =
        "SELECT source_table, coalesce(hex(key_after),''), coalesce(hex(key_upto),''), coalesce(hex(key_only),''), done,"
        " CONCAT(row_count, ' rows, high ', high_file, ':', high_byte) FROM tidemark.chunk";
  }
  return out;
}

LedgerSink ledger_in(const std::string& sqlite_path) {
  LedgerSink out;
  out.connect = [sqlite_path] {
    auto file = std::make_shared<SqliteFile>(sqlite_path);
    return [file](const std::string& sql) { return file->query(sql); };
  };
  out.begin = "BEGIN";
  out.position_sql = "SELECT position FROM _tidemark_position";
  out.chunks_sql =
      "SELECT source_table, hex(after_key), hex(upto_key), hex(only_key), done, row_count || ' rows, high ' || high_file || ':' || "
      "high_byte"
      " FROM _tidemark_chunk";
  return out;
}

size_t covered_tables(const std::vector<LedgerState::Chunk>& chunks, std::vector<std::string>& overlaps) {
  struct Table {
    std::map<std::string, std::string> next;  // a finished chunk's lower bound and its upper bound; "" is open
    std::set<std::string> uppers;
    bool waits = false;  // a chunk that a change made is still to be read
  };
  std::map<std::string, Table> tables;
  for (const auto& chunk : chunks) {
    Table& table = tables[chunk.table];
    if (!chunk.only.empty()) {
      table.waits = table.waits || !chunk.done;
      continue;
    }
    if (!chunk.done) continue;
    // Ranges are cut at bounds that the server gave once: two finished ones that share a bound on the same side overlap.
    if (!table.next.emplace(chunk.after, chunk.upto).second) {
      overlaps.push_back(fmt::format("{}: two finished chunks start after key {}", chunk.table, chunk.after));
    }
    if (!table.uppers.insert(chunk.upto).second) {
      overlaps.push_back(fmt::format("{}: two finished chunks end at key {}", chunk.table, chunk.upto));
    }
  }
  size_t covered = 0;
  for (const auto& [name, table] : tables) {
    size_t steps = 0;
    std::string at;
    auto it = table.next.find(at);
    while (it != table.next.end() && steps <= table.next.size()) {
      ++steps;
      at = it->second;
      if (at.empty()) break;
      it = table.next.find(at);
    }
    const bool reaches_end = steps > 0 && it != table.next.end() && at.empty();
    if (reaches_end && steps != table.next.size()) {
      overlaps.push_back(fmt::format("{}: {} of {} finished chunks cover the whole table", name, steps, table.next.size()));
    }
    if (reaches_end && !table.waits) ++covered;
  }
  return covered;
}

LedgerWatcher::LedgerWatcher(LedgerSink sink, std::shared_ptr<LedgerCount> count, size_t tables)
    : sink_(std::move(sink)), count_(std::move(count)), tables_(tables), thread_([this] { watch(); }) {}

void LedgerWatcher::stop() {
  running_ = false;
  if (thread_.joinable()) thread_.join();
}

std::vector<std::string> LedgerWatcher::findings() const {
  std::lock_guard lock(mutex_);
  return findings_;
}

void LedgerWatcher::note(const std::string& finding) {
  std::lock_guard lock(mutex_);
  if (findings_.size() < 20) findings_.push_back(finding);
}

void LedgerWatcher::watch() {
  LedgerSink::Query query;
  bool tables_there = false;
  uint64_t last_rows = 0;
  while (running_) {
    try {
      if (!query) query = sink_.connect();
      query(sink_.begin);
      LedgerState state = read(query);
      query("COMMIT");
      tables_there = true;
      check_records(state);
      for (const std::string& line : state.wrong) note(line);
      chunks_done_ = state.chunks_done;
      if (state.tables_copied == tables_) {
        copied_ = true;
        if (state.ledger_rows != last_rows) ++whole_states_;
        if (state.ledger_rows < last_rows) note(fmt::format("the ledger went back from {} to {} rows", last_rows, state.ledger_rows));
        last_rows = state.ledger_rows;
      } else if (copied_) {
        note(fmt::format("only {} of {} tables are covered by finish records, after all of them were", state.tables_copied, tables_));
      }
    } catch (const std::exception& e) {
      // before its first session tidemark has made no tables yet
      if (tables_there && !sink_away_) note(fmt::format("reading the sink: {}", e.what()));
      query = nullptr;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(tables_there ? 2 : 20));
  }
}

LedgerState LedgerWatcher::read(const LedgerSink::Query& query) const {
  LedgerState state;
  const TextRows position = query(sink_.position_sql);
  if (!position.empty()) state.position = text(position[0], 0);
  for (const TextRow& row : query(sink_.chunks_sql)) {
    state.chunks.push_back({text(row, 0), text(row, 1), text(row, 2), text(row, 3), text(row, 4) == "1", text(row, 5)});
    if (state.chunks.back().done) ++state.chunks_done;
  }
  state.tables_copied = covered_tables(state.chunks, state.wrong);
  if (state.tables_copied == tables_) check_rows(query, state);
  return state;
}

/// Each transaction of the source is one ledger row, so the position row, the counters and the ledger tell the same number.
void LedgerWatcher::check_rows(const LedgerSink::Query& query, LedgerState& state) const {
  auto wrong = [&](std::string line) { state.wrong.push_back(std::move(line)); };
  const std::string& p = sink_.prefix;
  const TextRow ledger = query(fmt::format("SELECT count(*), coalesce(sum(amount),0) FROM {}ledger", p)).at(0);
  state.ledger_rows = std::strtoull(text(ledger, 0).c_str(), nullptr, 10);
  if (const auto transactions = count_->at(state.position); transactions && *transactions != state.ledger_rows) {
    wrong(fmt::format("the position row is {} transactions after the start, but the ledger has {} rows", *transactions, state.ledger_rows));
  }
  const std::string sum = text(query(fmt::format("SELECT sum(balance) FROM {}account", p)).at(0), 0);
  if (sum != std::to_string(kAccounts * kOpeningBalance)) wrong(fmt::format("half a transfer is seen: the accounts hold {}", sum));
  const TextRows writers =
      query(fmt::format("SELECT l.writer, l.n, r.n, (SELECT count(*) FROM {0}ledger g WHERE g.writer = l.writer),"
                        " (SELECT coalesce(max(number),0) FROM {0}ledger g WHERE g.writer = l.writer)"
                        " FROM {0}left_count l JOIN {0}right_count r ON r.writer = l.writer",
                        p));
  if (writers.size() != static_cast<size_t>(kLedgerWriters))
    wrong(fmt::format("{} counters instead of {}", writers.size(), kLedgerWriters));
  for (const TextRow& w : writers) {
    if (text(w, 1) == text(w, 2) && text(w, 1) == text(w, 3) && text(w, 1) == text(w, 4)) continue;
    wrong(fmt::format("writer {} is seen torn: left {}, right {}, {} ledger rows up to number {}", text(w, 0), text(w, 1), text(w, 2),
                      text(w, 3), text(w, 4)));
  }
}

/// What is in the sink stays in the sink: a finish record that changes means that its chunk was copied again.
/// A chunk of one key is opened anew as often as a change without all columns moves a row to that key.
void LedgerWatcher::check_records(const LedgerState& state) {
  std::map<std::string, std::string> now;
  for (const auto& chunk : state.chunks) {
    if (!chunk.done || !chunk.only.empty()) continue;
    const std::string range = fmt::format("{} ({}, {}] {}", chunk.table, chunk.after, chunk.upto, chunk.only);
    if (!now.emplace(range, chunk.rows_and_high).second) note("two finish records for " + range);
  }
  for (const auto& [range, what] : finished_) {
    auto it = now.find(range);
    if (it == now.end()) {
      note("a finish record has gone: " + range);
    } else if (it->second != what) {
      note(fmt::format("a finish record was rewritten: {}, it said {} and says {}", range, what, it->second));
    }
  }
  finished_ = std::move(now);
}

}  // namespace tidemark::test
