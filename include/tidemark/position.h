// A place between two transactions of a source's log, with the identity of the server lineage that it belongs to.
// Value types: copy freely, no thread affinity. Text forms are stable (state file, sink, status, command line);
// parsing throws Error(kind usage) with the reason.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

/// Byte place in the log. MySQL and MariaDB: number of the binlog file (from its name) and byte offset in it, kept in 64 bits
/// although the protocol carries 32. PostgreSQL: timeline and LSN; a transaction lies where its commit record does, so places are in commit
/// order. Ordered within one server's log only.
struct LogOffset {
  uint64_t file = 0;
  uint64_t byte = 0;
  friend auto operator<=>(const LogOffset&, const LogOffset&) = default;
};

/// PostgreSQL's text of a LSN: "0/16B3748". Parsing gives nothing for any other text.
std::string lsn_text(uint64_t lsn);
std::optional<uint64_t> parse_lsn(std::string_view text);

/// MySQL's highest transaction number.
inline constexpr uint64_t kGtidNumberMax = INT64_MAX;

/// What a server takes as the tag of a GTID: 1 to 32 small letters, digits and underscores, no digit in front.
bool is_gtid_tag(std::string_view text);

/// Where a GTID comes from: a MySQL uuid (with optional tag, 8.3+), or a MariaDB domain (uuid zero, tag empty).
struct GtidOrigin {
  std::array<uint8_t, 16> uuid{};
  std::string tag;
  uint32_t domain = 0;
  friend auto operator<=>(const GtidOrigin&, const GtidOrigin&) = default;
};

/// One transaction's GTID. number == 0: the transaction has none (anonymous).
struct Gtid {
  GtidOrigin origin;
  uint64_t number = 0;
  uint32_t server_id = 0;  // MariaDB only
  friend bool operator==(const Gtid&, const Gtid&) = default;
};

/// MySQL: intervals by uuid and tag. MariaDB: the last GTID of each domain. A set holds one of the two flavours.
class GtidSet {
 public:
  struct Interval {
    uint64_t first, last;
    friend bool operator==(const Interval&, const Interval&) = default;
  };  // inclusive

  bool empty() const { return intervals_.empty() && domains_.empty(); }
  void add(const Gtid& gtid);
  void add(const GtidOrigin& origin, Interval interval);
  bool contains(const Gtid& gtid) const;
  /// Every transaction of `other` is in this set. MariaDB: by number within each domain.
  bool contains(const GtidSet& other) const;
  /// MySQL only: transactions of this set that are not in `other`.
  GtidSet minus(const GtidSet& other) const;

  const std::map<GtidOrigin, std::vector<Interval>>& intervals() const { return intervals_; }
  const std::map<uint32_t, Gtid>& domains() const { return domains_; }

  /// MySQL: "uuid:1-5:7,uuid:tag:1-3"; MariaDB: "0-1-55,1-1-3" (domain-server-number). Same text as the servers print, without spaces.
  std::string text() const;
  static GtidSet parse_mysql(std::string_view text);
  static GtidSet parse_mariadb(std::string_view text);
  friend bool operator==(const GtidSet&, const GtidSet&) = default;

 private:
  std::map<GtidOrigin, std::vector<Interval>> intervals_;  // sorted, disjoint, not adjacent
  std::map<uint32_t, Gtid> domains_;
};

enum class Lineage : uint8_t { none, mysql, mariadb, postgres };

struct Position {
  Lineage lineage = Lineage::none;  // none: "no position yet"
  std::string server;               // MySQL: server_uuid; MariaDB: decimal server_id; PostgreSQL: system identifier
  std::string log_name;             // binlog base name, e.g. "mysql-bin"; PostgreSQL: empty
  LogOffset offset;
  GtidSet gtids;  // all transactions up to here; empty when the server has no GTIDs
  /// Where the log must be read from to end up here, when that is before `offset`: prepared XA transactions of which only
  /// the commit is still to come. file 0: the same as `offset`.
  LogOffset read_from;
  GtidSet read_from_gtids;
  /// Plain mode (CoreOptions::exactly_once): the rows of the copy are as of a place up to here, which is after `offset`; the log in between
  /// is still to settle them, and only this server's log can. file 0: nothing is ahead.
  LogOffset copied_to;
  /// PostgreSQL: transactions up to here (TransactionMark::txid), sorted, that no snapshot has been seen to contain: what a read view must
  /// still be checked for, also after a restart.
  std::vector<uint64_t> unseen;
  /// MariaDB: loose commits (CommitOrder) up to here changed tables that are not copied yet, so that read views must still be opened under
  /// a lock, also after a restart.
  bool loose = false;

  bool known() const { return lineage != Lineage::none; }
  /// "binlog.000012:4711", file number with at least six digits as servers print it; PostgreSQL: "0/16B3748"; "-" when unknown.
  std::string file_text() const;
  /// Stable text: "mysql server=<uuid> file=<binlog.000012:4711> gtids=<set> [read_from=<file:pos> read_from_gtids=<set>]
  /// [copied_to=<file:pos>] [unseen=<txid,txid-txid>] [loose=1]"; PostgreSQL: "postgres server=<system identifier>
  /// lsn=<timeline>:<0/16B3748> [copied_to=<timeline>:<LSN>] [unseen=<txid,txid-txid>]".
  std::string text() const;
  static Position parse(std::string_view text);
  friend bool operator==(const Position&, const Position&) = default;
};

/// How the moment at which reads begin to see a transaction follows from its place in the log.
enum class CommitOrder : uint8_t {
  log,      // the engine commits in the order of the log: a read view's place in the log tells
  xa,       // MariaDB writes XA COMMIT to the log first, the engine commits afterwards: XA RECOVER lists the xid until then
  loose,    // MariaDB, another engine without two phases took part (Aria, even when only read): likewise, and nothing lists it
  unended,  // its end is not read yet: `log` or `loose`
};

/// What identifies a transaction in the stream: where its first event lies and its GTID.
struct TransactionMark {
  LogOffset begin;  // offset of its first event
  LogOffset end;    // offset after its last event; equals begin while the end is not yet read
  Gtid gtid;
  int64_t commit_micros = 0;  // source clock, microseconds since 1970 UTC; 0 = unknown
  CommitOrder order = CommitOrder::log;
  uint64_t xid = 0;   // order xa: hash of the xid; two that are equal are only told apart less well
  uint64_t txid = 0;  // PostgreSQL: the top-level transaction, epoch included (see widen_txid); 0: the server has none
};

/// The log carries the low 32 bits of a transaction's id; `near` is any full id at most 2^31 away, such as that of the transaction before.
uint64_t widen_txid(uint32_t low, uint64_t near);

/// Which transactions a chunk read saw (design rule 2.1).
struct Visibility {
  enum class By : uint8_t { offset, gtids, snapshot };
  By by = By::offset;
  bool exact = true;  // false: `gtids` is only a lower bound, later transactions may be in the read as well
  LogOffset offset;   // by offset: exactly the transactions that end at or before it
  GtidSet gtids;      // by gtids: the transactions of this set
  // By offset, of commits that are not ordered with the log (CommitOrder):
  LogOffset xa_before;            // XA COMMITs that begin before it are in the read, except of
  std::vector<uint64_t> xa_open;  // these, which were prepared, or half way through their commit, before the view was opened
  bool loose = false;             // the loose ones that changed the table: it was locked while the view was opened
  // By snapshot (pg_current_snapshot()): exactly those below `txid_end`, without `in_progress`. Places in the log say nothing there.
  uint64_t txid_end = 0;              // xmax: the first id not yet given out
  std::vector<uint64_t> in_progress;  // sorted

  enum class Sight : uint8_t { seen, unseen, unknown };
  Sight judge(const TransactionMark& mark) const;
  /// The transaction is proved to be in the read.
  bool sees(const TransactionMark& mark) const { return judge(mark) == Sight::seen; }
  /// This XA COMMIT is over, for the engine as well.
  bool xa_ended(LogOffset begin, uint64_t xid) const;
  /// Every transaction up to `position` is proved to be in the read, except XA and loose ones: a part of the barrier of design rule 2.2.
  bool sees_all(const Position& position) const;
  bool sees_txid(uint64_t txid) const;
};

}  // namespace tidemark
