#include "engine/mysql/positions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include "engine/mysql/dialect.h"
#include "engine/mysql/position_check.h"

namespace tidemark::mysql {

namespace {

// MySQL lists a log that it writes up to the last byte of the file, and fails where the last event is not whole yet.
constexpr unsigned kNoWholeEvent = 1220;
constexpr std::chrono::seconds kWholeWithin{3};
constexpr std::chrono::milliseconds kWholePause{20};

/// Reads again while the server finds an event that is not whole, for as long as writing one may take.
template <typename Read>
auto once_whole(Read read) {
  for (const auto until = std::chrono::steady_clock::now() + kWholeWithin;;) {
    try {
      return read();
    } catch (const Error& e) {
      if (e.server_code() != std::to_string(kNoWholeEvent) || std::chrono::steady_clock::now() > until) throw;
    }
    std::this_thread::sleep_for(kWholePause);
  }
}

uint64_t to_number(std::string_view text) {
  uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

// Rows of SHOW BINLOG EVENTS one by one: a file may hold millions of events.
void each_event(Connection& connection, const std::string& file,
                const std::function<bool(uint64_t at, std::string_view type, std::string_view info)>& use) {
  const std::string sql = "SHOW BINLOG EVENTS IN " + quote_text(file);
  MYSQL* mysql = connection.handle();
  if (mysql_real_query(mysql, sql.data(), sql.size()) != 0) connection.fail(fmt::format("reading the events of {}", printable(file)));
  MYSQL_RES* result = mysql_use_result(mysql);
  if (!result) connection.fail(fmt::format("reading the events of {}", printable(file)));
  bool wanted = true;
  while (MYSQL_ROW row = mysql_fetch_row(result)) {
    const unsigned long* lengths = mysql_fetch_lengths(result);
    if (!wanted || !row[1] || !row[2] || !row[5]) continue;  // a row that is not wanted still has to be taken off the connection
    try {
      wanted = use(to_number({row[1], lengths[1]}), {row[2], lengths[2]}, {row[5], lengths[5]});
    } catch (...) {
      mysql_free_result(result);
      throw;
    }
  }
  // what comes behind the last one that is wanted may be in the midst of being written
  const bool failed = mysql_errno(mysql) != 0 && (wanted || mysql_errno(mysql) != kNoWholeEvent);
  mysql_free_result(result);
  if (failed) connection.fail(fmt::format("reading the events of {}", printable(file)));
}

/// Of what SHOW BINLOG EVENTS says about an event: the GTID that it announces, or nothing.
GtidSet gtid_of_event(std::string_view info) {
  constexpr std::string_view kNext = "SET @@SESSION.GTID_NEXT= '";
  if (info.substr(0, kNext.size()) != kNext) return {};
  info.remove_prefix(kNext.size());
  info = info.substr(0, info.find('\''));
  return info == "ANONYMOUS" ? GtidSet() : GtidSet::parse_mysql(info);
}

GtidSet listed_gtids_before(Connection& connection, const std::string& file, uint64_t byte) {
  GtidSet set;
  each_event(connection, file, [&](uint64_t at, std::string_view type, std::string_view info) {
    if (at >= byte) return false;
    if (type == "Previous_gtids") {
      set = GtidSet::parse_mysql(info);
    } else {
      const GtidSet one = gtid_of_event(info);
      for (const auto& [origin, intervals] : one.intervals()) {
        for (const GtidSet::Interval& interval : intervals) set.add(origin, interval);
      }
    }
    return true;
  });
  return set;
}

GtidSet mysql_gtids_at(Connection& connection, const std::string& file, uint64_t byte) {
  return once_whole([&] { return listed_gtids_before(connection, file, byte); });
}

/// Nothing when no event begins there.
std::optional<GtidSet> find_mariadb_gtids_at(Connection& connection, const std::string& file, uint64_t byte) {
  const ResultRow row = connection.query_row(fmt::format("SELECT BINLOG_GTID_POS({}, {})", quote_text(file), byte));
  if (row.empty() || !row[0]) return std::nullopt;
  return GtidSet::parse_mariadb(*row[0]);
}

GtidSet mariadb_gtids_at(Connection& connection, const std::string& file, uint64_t byte) {
  std::optional<GtidSet> found = find_mariadb_gtids_at(connection, file, byte);
  if (!found) {
    throw Error(ErrorKind::usage, fmt::format("the position {}:{}", printable(file), byte), "no event begins there",
                fmt::format("choose a position that SHOW BINLOG EVENTS IN {} lists, the beginning of a transaction", quote_text(file)));
  }
  return std::move(*found);
}

Position start_of(Connection& connection, const std::string& file, uint64_t byte) {
  Position position;
  position.lineage = connection.is_mariadb() ? Lineage::mariadb : Lineage::mysql;
  position.server = server_identity(connection);
  auto [log_name, number] = split_file_name(file);
  position.log_name = std::move(log_name);
  position.offset = {number, byte};
  return position;
}

/// What the decision asks for, asked of the server at that moment.
class ConnectedLog : public ServerLog {
 public:
  explicit ConnectedLog(Connection& connection) : connection_(connection) {}
  bool is_mariadb() override { return connection_.is_mariadb(); }
  bool expires_by_seconds() override { return connection_.is_mariadb() || connection_.version() >= 80000; }
  std::string server() override { return server_identity(connection_); }
  bool has_gtids() override { return mysql::has_gtids(connection_); }
  std::vector<BinlogFile> files() override { return binlog_files(connection_); }
  GtidSet executed() override { return GtidSet::parse_mysql(connection_.query_text("SELECT @@GLOBAL.gtid_executed")); }
  GtidSet purged() override { return GtidSet::parse_mysql(connection_.query_text("SELECT @@GLOBAL.gtid_purged")); }
  GtidSet logged() override {
    if (!connection_.is_mariadb()) return end_position(connection_).gtids;
    return GtidSet::parse_mariadb(connection_.query_text("SELECT @@GLOBAL.gtid_binlog_pos"));
  }
  std::optional<GtidSet> announced_at(const std::string& file, uint64_t byte) override {
    ResultRow next;
    try {
      next = once_whole([&] {
        return connection_.query_row(
            fmt::format("SHOW BINLOG EVENTS IN {} FROM {} LIMIT 1", quote_text(file), std::max<uint64_t>(4, byte)));
      });
    } catch (const Error& e) {  // still: no event begins there
      if (e.server_code() != std::to_string(kNoWholeEvent)) throw;
    }
    if (next.size() < 6 || !next[2] || !next[5]) return std::nullopt;
    return gtid_of_event(*next[5]);
  }
  std::optional<GtidSet> gtids_before(const std::string& file, uint64_t byte) override {
    return find_mariadb_gtids_at(connection_, file, byte);
  }

 private:
  Connection& connection_;
};

}  // namespace

LogOffset log_offset(std::string_view file, std::string_view byte) { return {split_file_name(file).second, to_number(byte)}; }

std::pair<std::string, LogOffset> log_end(Connection& connection) {
  // MySQL renamed the statement in 8.2 and took the old one away in 8.4
  const bool renamed = !connection.is_mariadb() && connection.version() >= 80200;
  const ResultRow row = connection.query_row(renamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS");
  if (row.size() < 2 || !row[0] || !row[1]) no_binlog();
  return {*row[0], log_offset(*row[0], *row[1])};
}

std::vector<BinlogFile> binlog_files(Connection& connection) {
  std::vector<BinlogFile> files;
  for (const ResultRow& row : connection.query("SHOW BINARY LOGS")) {
    if (row.size() >= 2 && row[0] && row[1]) files.push_back({*row[0], to_number(*row[1])});
  }
  return files;
}

std::string quote_user(std::string_view current_user) {
  const size_t at = current_user.rfind('@');
  if (at == std::string_view::npos) return quote_text(current_user);
  return quote_text(current_user.substr(0, at)) + "@" + quote_text(current_user.substr(at + 1));
}

bool has_gtids(Connection& connection) { return connection.is_mariadb() || connection.query_text("SELECT @@GLOBAL.gtid_mode") == "ON"; }

std::string server_identity(Connection& connection) {
  return connection.query_text(connection.is_mariadb() ? "SELECT @@GLOBAL.server_id" : "SELECT @@GLOBAL.server_uuid");
}

GtidSet gtids_at(Connection& connection, const std::string& file, uint64_t byte) {
  if (connection.is_mariadb()) return mariadb_gtids_at(connection, file, byte);
  if (!has_gtids(connection)) return {};
  return mysql_gtids_at(connection, file, byte);
}

// SHOW BINARY LOG STATUS of MySQL prints the log's end with gtid_executed, which may still lack the latest transactions before that end
// (design rule 2.1). So the GTIDs are those that the log itself has up to the place.
Position end_position(Connection& connection) {
  const auto [file, offset] = log_end(connection);
  Position position = start_of(connection, file, offset.byte);
  position.gtids = gtids_at(connection, file, offset.byte);
  return position;
}

Position earliest_position(Connection& connection) {
  const std::vector<BinlogFile> files = binlog_files(connection);
  if (files.empty()) no_binlog();
  Position position = start_of(connection, files.front().name, 4);
  // the header of the file itself says what came before it; nothing that it holds begins before this byte
  position.gtids = connection.is_mariadb() ? mariadb_gtids_at(connection, files.front().name, 4) : GtidSet();
  if (!connection.is_mariadb() && has_gtids(connection)) {
    each_event(connection, files.front().name, [&](uint64_t, std::string_view type, std::string_view info) {
      if (type != "Previous_gtids") return true;
      position.gtids = GtidSet::parse_mysql(info);
      return false;
    });
  }
  return position;
}

Position position_from(Connection& connection, const std::string& text) {
  if (text.rfind("mysql ", 0) == 0 || text.rfind("mariadb ", 0) == 0) return Position::parse(text);
  const size_t colon = text.rfind(':');
  const size_t dot = colon == std::string::npos ? std::string::npos : text.rfind('.', colon);
  if (dot != std::string::npos) {
    const std::string file = text.substr(0, colon);
    const std::string_view byte = std::string_view(text).substr(colon + 1);
    if (byte.empty() || !std::all_of(byte.begin(), byte.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      throw Error(ErrorKind::usage, fmt::format("the position '{}'", printable(text)), "the part after ':' is not a byte offset",
                  "write binlog.000012:4711, or a GTID set");
    }
    Position position = start_of(connection, file, std::max<uint64_t>(4, to_number(byte)));
    ConnectedLog log(connection);
    check_file(log, position, position.offset);
    position.gtids =
        gtids_at(connection, binlog_file_name(binlog_files(connection), position.log_name, position.offset.file), position.offset.byte);
    return position;
  }
  Position position;
  position.lineage = connection.is_mariadb() ? Lineage::mariadb : Lineage::mysql;
  position.server = server_identity(connection);
  if (!has_gtids(connection)) {
    throw Error(ErrorKind::usage, fmt::format("the position '{}'", printable(text)), "this server has no GTIDs (gtid_mode is not ON)",
                "write a file and an offset: binlog.000012:4711");
  }
  position.log_name = split_file_name(log_end(connection).first).first;  // for the offsets that reading will add
  position.gtids = connection.is_mariadb() ? GtidSet::parse_mariadb(text) : GtidSet::parse_mysql(text);
  return position;
}

void check_position(Connection& connection, const Position& position) {
  ConnectedLog log(connection);
  check_position(log, position);
}

}  // namespace tidemark::mysql
