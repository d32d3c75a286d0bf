#include "workload/ledger_count.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <iterator>
#include <stdexcept>

namespace tidemark::test {
namespace {

/// The number at the end of a GTID set that has one origin ("0-1-57", "uuid:1-57"), or 0.
uint64_t last_gtid_number(const std::string& gtids) {
  const size_t dash = gtids.find_last_of("-:");
  return dash == std::string::npos ? 0 : std::strtoull(gtids.c_str() + dash + 1, nullptr, 10);
}

/// The value of `name=` in a position.
std::string part_of(const std::string& position, const std::string& name) {
  const size_t start = position.find(" " + name + "=");
  if (start == std::string::npos) return {};
  const size_t from = start + name.size() + 2;
  return position.substr(from, position.find(' ', from) - from);
}

uint64_t lsn_of(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) throw std::runtime_error("no LSN: " + text);
  return std::strtoull(text.c_str(), nullptr, 16) << 32 | std::strtoull(text.c_str() + slash + 1, nullptr, 16);
}

}  // namespace

LedgerCount::LedgerCount(DatabaseServer& source) : source_(source) {
  if (source.dialect() == Dialect::postgres) {
    static std::atomic<int> number{0};
    slot_ = fmt::format("ledger_count_{}", ++number);
    client().exec(fmt::format("SELECT pg_create_logical_replication_slot('{}', 'test_decoding')", slot_));
  } else {
    gtid_base_ =
        last_gtid_number(source.value(source.engine() == "mariadb" ? "SELECT @@gtid_binlog_pos" : "SELECT @@GLOBAL.gtid_executed"));
  }
}

LedgerCount::~LedgerCount() {
  if (slot_.empty()) return;
  try {
    source_.superuser()->exec(fmt::format("SELECT pg_drop_replication_slot('{}')", slot_));
  } catch (const std::exception&) {  // the server may have gone already
  }
}

DatabaseClient& LedgerCount::client() {
  if (!client_) client_ = source_.superuser();
  return *client_;
}

std::optional<uint64_t> LedgerCount::at(const std::string& position) {
  if (slot_.empty()) {
    if (gtid_base_ == 0) return std::nullopt;
    return last_gtid_number(part_of(position, "gtids")) - gtid_base_;
  }
  const std::string place = part_of(position, "lsn");  // "<timeline>:<high>/<low>"
  const uint64_t lsn = lsn_of(place.substr(place.find(':') + 1));
  const std::lock_guard lock(mutex_);
  try {
    if (lsn > listed_to_) list_commits();
  } catch (const DatabaseFailure&) {
    client_.reset();
    return std::nullopt;
  }
  return static_cast<uint64_t>(std::distance(commits_.begin(), commits_.upper_bound(lsn)));
}

void LedgerCount::list_commits() {
  const uint64_t flushed = lsn_of(client().value("SELECT pg_current_wal_flush_lsn()"));
  // Of the ledger's transactions: from PostgreSQL 16 on test_decoding takes one with nothing but a message, as watermarks are, for a
  // change. Only peeked, and passed when they are here: what a broken connection takes with it comes again, and is the same place then
  const TextRows rows = client().query(
      fmt::format("SELECT max(lsn) FROM pg_logical_slot_peek_changes('{}', NULL, NULL, 'include-xids', 'off', 'skip-empty-xacts', 'on') "
                  "GROUP BY xid HAVING bool_or(data LIKE 'table d.ledger:%') ORDER BY 1",
                  slot_));
  for (const TextRow& row : rows) commits_.insert(lsn_of(row.at(0).value()));
  listed_to_ = flushed;
  if (!rows.empty()) client().exec(fmt::format("SELECT pg_replication_slot_advance('{}', '{}')", slot_, rows.back().at(0).value()));
}

}  // namespace tidemark::test
