#include "engine/postgres/log_companion.h"

#include <fmt/format.h>

#include <charconv>

#include "engine/postgres/dialect.h"
#include "engine/postgres/snapshot_text.h"

namespace tidemark::postgres {
namespace {

constexpr const char* kAsking = "asking the source beside its log";
constexpr std::chrono::seconds kLookEvery{2};  // it takes the longer the more tables there are
constexpr const char* kAskSnapshot = "SELECT pg_is_in_recovery(), pg_current_snapshot()::text";

template <typename Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && !text.empty() && end == text.data() + text.size();
}

}  // namespace

LogCompanion::LogCompanion(const SourceConfig& config)
    : connection_(config.address, Role::source), publication_(config.postgres.publication), question_(kAskSnapshot) {
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
    names += fmt::format("{}({}, {}, {})", i == 0 ? "" : ", ", i, quote_literal(name.database), quote_literal(name.table));
  }
  const Result rows = connection_.run(
      fmt::format("SELECT t.place, c.oid FROM (VALUES {}) AS t(place, name_space, name)"
                  " JOIN pg_namespace n ON n.nspname = t.name_space JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.name",
                  names),
      kAsking);
  for (int i = 0; i < PQntuples(rows.get()); ++i) {
    size_t place = 0;
    uint32_t oid = 0;
    if (read_number(field_of(rows.get(), i, 0), place) && read_number(field_of(rows.get(), i, 1), oid) && place < oids.size())
      oids[place] = oid;
  }
  watch_published(oids);
  return oids;
}

void LogCompanion::watch_published(const std::vector<uint32_t>& oids) {
  std::string list = "0";
  for (const uint32_t oid : oids) list += fmt::format(",{}", oid);
  question_ = fmt::format(
      "{}, w.* FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE r.oid IS NULL), coalesce(max(r.oid)::bigint, 0),"
      " min(c.oid::regclass::text) FILTER (WHERE r.oid IS NULL) FROM pg_publication p JOIN pg_class c ON c.oid IN ({})"
      " LEFT JOIN pg_publication_rel r ON r.prrelid = c.oid AND r.prpubid = p.oid WHERE p.pubname = {} GROUP BY p.oid) w ON true",
      kAskSnapshot, list, quote_literal(publication_));
  published_ = published_in(connection_.run(question_, kAsking).get());
}

LogCompanion::Published LogCompanion::published_in(const PGresult* row) const {
  Published now = published_;
  if (PQnfields(row) < 5 || PQgetisnull(row, 0, 2) != 0) return now;  // that it was dropped is for the stream to say
  read_number(field_of(row, 0, 2), now.lacking);
  read_number(field_of(row, 0, 3), now.newest);
  return now;
}

void LogCompanion::check_published(const PGresult* row) const {
  const Published now = published_in(row);
  if (now.lacking <= published_.lacking && now.newest <= published_.newest) return;
  const bool lacks = now.lacking > published_.lacking;
  throw Error(ErrorKind::log_purged, fmt::format("publication {}", printable(publication_)),
              lacks ? fmt::format("it no longer publishes {}: what changed since then is not in the stream", printable(field_of(row, 0, 4)))
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
  const bool looks = now - looked_at_ >= kLookEvery;
  if (PQsendQuery(connection_.raw(), looks ? question_.c_str() : kAskSnapshot) == 0) throw connection_.failure(nullptr, kAsking);
  asked_at_ = now;
  if (looks) looked_at_ = now;
}

bool LogCompanion::take_answer(std::optional<Visibility>& snapshot) {
  if (!asked_at_) return false;
  if (PQconsumeInput(connection_.raw()) == 0) throw connection_.failure(nullptr, kAsking);
  if (PQisBusy(connection_.raw()) != 0) return false;
  asked_at_.reset();
  const Result row(PQgetResult(connection_.raw()));
  if (PQresultStatus(row.get()) != PGRES_TUPLES_OK) throw connection_.failure(row.get(), kAsking);
  while (Result(PQgetResult(connection_.raw())) != nullptr) {
  }
  check_published(row.get());
  if (is_standby_) {
    if (field_of(row.get(), 0, 0) == "t") return true;
    // what the WAL sender sends from now on lies on another timeline
    throw Error(ErrorKind::source_unavailable, "reading the log", "the standby was promoted");
  }
  snapshot = parse_snapshot(field_of(row.get(), 0, 1));
  if (!snapshot) throw Error(ErrorKind::corrupt, kAsking, "the server's snapshot is not understood");
  return true;
}

std::chrono::milliseconds LogCompanion::waiting() const {
  if (!asked_at_) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - *asked_at_);
}

}  // namespace tidemark::postgres
