#include "engine/postgres/log_companion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "engine/postgres/dialect.h"
#include "engine/postgres/snapshot_text.h"

namespace tidemark::postgres {
namespace {

constexpr const char* kAsking = "asking the source beside its log";
constexpr std::chrono::seconds kLookEvery{2};  // it takes the longer the more tables there are
constexpr const char* kAskSnapshot = "SELECT pg_is_in_recovery(), pg_current_snapshot()::text";
// What was found waits for the log to come to its place, where nothing needs to lie: a WAL sender sends what is flushed.
constexpr const char* kAskAndWrite =
    "SELECT pg_is_in_recovery(), pg_current_snapshot()::text; SET synchronous_commit=local; SELECT pg_logical_emit_message(true, "
    "'tidemark', '')";

template <typename Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && !text.empty() && end == text.data() + text.size();
}

}  // namespace

LogCompanion::LogCompanion(const SourceConfig& config)
    : connection_(config.address, Role::source), publication_(config.postgres.publication) {
  connection_.open();
  read_server(config);
}

void LogCompanion::read_server(const SourceConfig& config) {
  const Result row = connection_.run(fmt::format("SELECT pg_is_in_recovery(), pg_snapshot_xmax(pg_current_snapshot()),"
                                                 " coalesce((SELECT two_phase FROM pg_replication_slots WHERE slot_name = {}), false)",
                                                 quote_literal(config.postgres.slot)),
                                     kAsking);
  is_standby_ = field_of(row.get(), 0, 0) == "t";
  if (!is_standby_ && !read_number(field_of(row.get(), 0, 1), first_txid_))
    throw Error(ErrorKind::corrupt, kAsking, "the server's next transaction id is not a number");
  two_phase_ = field_of(row.get(), 0, 2) == "t";
}

std::vector<uint32_t> LogCompanion::relations_of(const std::vector<SchemaRef>& tables) {
  std::vector<uint32_t> oids(tables.size());
  if (tables.empty()) return oids;
  asked_at_.reset();  // an answer that is still to come is thrown away
  std::string names;
  for (size_t i = 0; i < tables.size(); ++i) {
    const TableName& name = tables[i]->name;
    oids[i] = static_cast<uint32_t>(tables[i]->source_id);
    names +=
        fmt::format("{}({}, {}::oid, {}, {})", i == 0 ? "" : ", ", i, oids[i], quote_literal(name.database), quote_literal(name.table));
  }
  const Result rows = connection_.run(
      fmt::format("SELECT t.place, CASE WHEN t.oid <> 0 THEN t.oid ELSE coalesce(b.oid, 0) END, coalesce(k.relkind, b.relkind) = 'p'"
                  " FROM (VALUES {}) AS t(place, oid, name_space, name) LEFT JOIN pg_class k ON k.oid = t.oid"
                  " LEFT JOIN pg_namespace n ON n.nspname = t.name_space"
                  " LEFT JOIN pg_class b ON b.relnamespace = n.oid AND b.relname = t.name",
                  names),
      kAsking);
  bool partitioned = false;
  for (int i = 0; i < PQntuples(rows.get()); ++i) {
    size_t place = 0;
    uint32_t oid = 0;
    if (!read_number(field_of(rows.get(), i, 0), place) || !read_number(field_of(rows.get(), i, 1), oid) || place >= oids.size()) continue;
    oids[place] = oid;
    partitioned = partitioned || field_of(rows.get(), i, 2) == "t";
  }
  watch(tables, oids, partitioned);
  return oids;
}

void LogCompanion::watch(const std::vector<SchemaRef>& tables, const std::vector<uint32_t>& oids, bool partitioned) {
  tables_ = TableWatch(tables, oids, partitioned);
  look_ = fmt::format(
      "{}; SELECT count(*) FILTER (WHERE r.oid IS NULL), coalesce(max(r.oid)::bigint, 0), min(c.oid::regclass::text) FILTER (WHERE r.oid"
      " IS NULL) FROM pg_publication p JOIN pg_class c ON c.oid = ANY('{{{}}}'::oid[])"
      " LEFT JOIN pg_publication_rel r ON r.prrelid = c.oid AND r.prpubid = p.oid WHERE p.pubname = {} GROUP BY p.oid; {}",
      kAskSnapshot, fmt::join(oids, ","), quote_literal(publication_), tables_.question());
  send(look_);
  collect(true);
  published_ = published_in(results_.at(1).get());
  tables_.take(results_, 2);
}

LogCompanion::Published LogCompanion::published_in(const PGresult* row) const {
  Published now = published_;
  if (PQntuples(row) == 0) return now;  // that it was dropped is for the stream to say
  read_number(field_of(row, 0, 0), now.lacking);
  read_number(field_of(row, 0, 1), now.newest);
  return now;
}

void LogCompanion::check_published(const PGresult* row) const {
  const Published now = published_in(row);
  if (now.lacking <= published_.lacking && now.newest <= published_.newest) return;
  const bool lacks = now.lacking > published_.lacking;
  throw Error(ErrorKind::log_purged, fmt::format("publication {}", printable(publication_)),
              lacks ? fmt::format("it no longer publishes {}: what changed since then is not in the stream", printable(field_of(row, 0, 2)))
                    : "a captured table was taken out of it and put back: what changed meanwhile is not in the stream",
              "exclude the table, start the pipeline once, and include it again: it is then copied anew");
}

std::string LogCompanion::type_name(uint32_t type, int32_t modifier) {
  std::string& name = type_names_[{type, modifier}];
  if (!name.empty()) return name;
  asked_at_.reset();
  const Result row = connection_.run(fmt::format("SELECT format_type({}, {})", type, modifier), kAsking);
  return name = std::string(field_of(row.get(), 0, 0));
}

void LogCompanion::ask() {
  if (asked_at_) return;
  connection_.check_interrupted();
  const auto now = Clock::now();
  const bool due = now - looked_at_ >= kLookEvery;
  looks_ = due && !look_.empty() && !tables_.waits();
  if (due) looked_at_ = now;
  send(looks_ ? look_ : due && tables_.waits() && !is_standby_ ? kAskAndWrite : kAskSnapshot);
  asked_at_ = now;
}

void LogCompanion::send(const std::string& question) {
  results_.clear();
  if (PQsendQuery(connection_.raw(), question.c_str()) == 0) throw connection_.failure(nullptr, kAsking);
}

bool LogCompanion::collect(bool waits) {
  while (waits || PQisBusy(connection_.raw()) == 0) {
    Result result(PQgetResult(connection_.raw()));
    if (result == nullptr) return true;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) throw connection_.failure(result.get(), kAsking);
    results_.push_back(std::move(result));
  }
  return false;
}

bool LogCompanion::take_answer(std::optional<Visibility>& snapshot) {
  if (!asked_at_) return false;
  if (PQconsumeInput(connection_.raw()) == 0) throw connection_.failure(nullptr, kAsking);
  if (!collect(false)) return false;
  asked_at_.reset();
  if (looks_) {
    check_published(results_.at(1).get());
    tables_.take(results_, 2);
  }
  const PGresult* row = results_.at(0).get();
  if (is_standby_) {
    if (field_of(row, 0, 0) == "t") return true;
    // what the WAL sender sends from now on lies on another timeline
    throw Error(ErrorKind::source_unavailable, "reading the log", "the standby was promoted");
  }
  snapshot = parse_snapshot(field_of(row, 0, 1));
  if (!snapshot) throw Error(ErrorKind::corrupt, kAsking, "the server's snapshot is not understood");
  return true;
}

std::chrono::milliseconds LogCompanion::waiting() const {
  if (!asked_at_) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - *asked_at_);
}

}  // namespace tidemark::postgres
