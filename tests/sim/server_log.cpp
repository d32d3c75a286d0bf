#include "sim/server_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/mysql/position_check.h"
#include "engine/postgres/position_check.h"
#include "sim/violation.h"
#include "tidemark/error.h"

namespace tidemark::sim {

namespace {

class SimulatedLog : public mysql::ServerLog {
 public:
  explicit SimulatedLog(const Source& source) : source_(source) {}
  bool is_mariadb() override { return source_.plan().server == ServerKind::mariadb; }
  bool expires_by_seconds() override { return true; }
  std::string server() override { return source_.server(); }
  bool has_gtids() override { return source_.plan().server != ServerKind::mysql_files; }
  std::vector<mysql::BinlogFile> files() override {
    std::vector<mysql::BinlogFile> out;
    for (uint64_t file = source_.first_file(); file <= source_.log_end().file; ++file)
      out.push_back({fmt::format("log.{:06}", file), source_.file_bytes(file)});
    return out;
  }
  GtidSet executed() override { return source_.executed(); }
  GtidSet purged() override { return source_.gtids_before(source_.purged()); }
  GtidSet logged() override { return source_.gtids_before(source_.log().size()); }
  std::optional<GtidSet> announced_at(const std::string& file, uint64_t byte) override {
    const LogOffset at{mysql::split_file_name(file).second, byte};
    const std::optional<size_t> before = source_.boundary(at);
    if (!before || at == LogOffset{at.file, source_.file_bytes(at.file)}) return std::nullopt;
    GtidSet announced;
    if (*before < source_.log().size() && source_.log()[*before].begin == at && source_.log()[*before].gtid.number != 0)
      announced.add(source_.log()[*before].gtid);
    return announced;
  }
  std::optional<GtidSet> gtids_before(const std::string& file, uint64_t byte) override {
    const std::optional<size_t> before = source_.boundary({mysql::split_file_name(file).second, byte});
    return before ? std::optional(source_.gtids_before(*before)) : std::nullopt;
  }

 private:
  const Source& source_;
};

class SimulatedSlot : public postgres::ServerLog {
 public:
  explicit SimulatedSlot(const Source& source) : source_(source) {}
  postgres::ServerPlace place() override { return {source_.server(), source_.log_end().file, source_.log_end().byte, false}; }
  std::string timeline_history(uint64_t timeline) override {
    std::string text;
    for (const LogOffset& fork : source_.timelines()) {
      if (fork.file < timeline) text += fmt::format("{}\t{}\tno recovery target specified\n", fork.file, lsn_text(fork.byte));
    }
    return text;
  }
  postgres::SlotPlace slot() override {
    return {source_.slot().exists, source_.slot().lost ? "wal_removed" : "", source_.slot().confirmed};
  }
  std::string slot_name() override { return "tidemark_simulated"; }

 private:
  const Source& source_;
};

/// MariaDB looks for the last transaction of each domain, its server_id included, when a replica asks for the log.
void check_dump(const Source& source, const Position& position) {
  const GtidSet base = source.gtids_before(0);
  for (const auto& [domain, last] : position.gtids.domains()) {
    const bool logged =
        std::any_of(source.log().begin(), source.log().end(), [last = last](const LogEntry& entry) { return entry.gtid == last; });
    if (!logged && !(base.domains().at(domain) == last))
      throw Error(ErrorKind::lineage, "reading the binary log", "the requested GTID is not in the master's binlog");
  }
}

}  // namespace

void check_resumed(const Source& source, const Position& position) {
  const std::optional<size_t> index = source.index_of(position);
  if (source.plan().server == ServerKind::postgres) {
    SimulatedSlot slot(source);
    postgres::check_position(slot, position);
    if (!index || source.timeline_left(position.copied_to)) throw Violation("a position of another timeline was taken: " + position.text());
    if (*index < source.purged()) throw Violation("a position was taken whose log is purged: " + position.text());
    return;
  }
  SimulatedLog log(source);
  mysql::check_position(log, position);
  if (log.is_mariadb()) check_dump(source, position);
  // A server that came back without its last transactions, gave their GTIDs to others, and then purged the file in which they had lain
  // cannot be told from one that lost nothing: GTIDs are its word.
  const bool evidence = position.offset.file == 0 || position.offset.file >= source.first_file();
  if (!index && !evidence) throw Error(ErrorKind::lineage, "continuing from the saved position", "nobody could tell");
  if (!index) throw Violation("a position of another history was taken for one of this log: " + position.text());
  if (source.read_index(position) < source.purged()) throw Violation("a position was taken whose log is purged: " + position.text());
}

}  // namespace tidemark::sim
