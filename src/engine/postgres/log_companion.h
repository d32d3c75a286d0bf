// What the log reader asks beside its stream, on a connection of its own: names of types, which relation a table is and what becomes of it,
// what snapshots see by now, and whether a server whose WAL sender is silent is there at all. The last three are asked without waiting for
// the answer. Owned and used by the reader thread, except cancel(). Throws Error: source_unavailable, credentials, interrupted,
// schema_changed, log_purged.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/postgres/connection.h"
#include "engine/postgres/table_watch.h"
#include "tidemark/position.h"
#include "tidemark/schema.h"

namespace tidemark::postgres {

class LogCompanion {
 public:
  explicit LogCompanion(const SourceConfig& config);

  bool is_standby() const { return is_standby_; }
  /// The slot sends prepared transactions before they are committed.
  bool two_phase() const { return two_phase_; }
  /// The first id that was not given out when we connected; 0 on a standby, which gives out none.
  uint64_t first_txid() const { return first_txid_; }
  /// The tables' relations, by place; 0: there is none of this name. From now on they have to stay as they are, and in the publication.
  std::vector<uint32_t> relations_of(const std::vector<SchemaRef>& tables);
  std::string type_name(uint32_t type, int32_t modifier);

  /// Asks for a snapshot, unless one has been asked for and not come.
  void ask();
  /// What has come since; a standby answers, but has no snapshot to give (its own is not exact). Throws when it was promoted,
  /// and when a table has left the publication: the stream would leave out its changes without a word.
  bool take_answer(std::optional<Visibility>& snapshot);
  /// Throws what was seen of the tables, once all that was committed before has been read; see TableWatch::check.
  void check_tables(uint64_t passed, const std::vector<uint64_t>& truncated) { tables_.check(passed, truncated); }
  /// How long an answer has been waited for; zero: none is.
  std::chrono::milliseconds waiting() const;
  void cancel() noexcept { connection_.interrupt(); }

 private:
  using Clock = std::chrono::steady_clock;
  /// Of the tables that have to stay in the publication.
  struct Published {
    uint64_t lacking = 0;  // are not in it by name; all of them, when it is one of all tables
    uint64_t newest = 0;   // entry of one of them: one that was taken out and put back has a new one
  };
  void read_server(const SourceConfig& config);
  void watch(const std::vector<SchemaRef>& tables, const std::vector<uint32_t>& oids, bool partitioned);
  void send(const std::string& question);
  /// Takes what has come of the answer, or waits for the rest. True: all of it has come.
  bool collect(bool waits);
  /// What was known when the answer says nothing.
  Published published_in(const PGresult* row) const;
  void check_published(const PGresult* row) const;

  Connection connection_;
  const std::string publication_;
  std::string look_;  // at the snapshot, the publication and the tables
  bool looks_ = false;
  std::vector<Result> results_;
  TableWatch tables_;
  Published published_;
  bool is_standby_ = false, two_phase_ = false;
  uint64_t first_txid_ = 0;
  std::map<std::pair<uint32_t, int32_t>, std::string> type_names_;
  std::optional<Clock::time_point> asked_at_;
  Clock::time_point looked_at_{};  // at the publication
};

}  // namespace tidemark::postgres
