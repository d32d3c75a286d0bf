#include "engine/mysql/positions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include "engine/mysql/dialect.h"

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

[[noreturn]] void no_binlog() {
  throw Error(ErrorKind::server_settings, "reading the log's end", "the binary log is off",
              "start the server with log_bin (in my.cnf: [mysqld] log_bin=mysql-bin) and binlog_format=ROW");
}

constexpr const char* kCopyAgain =
    "start over with a new copy: remove this pipeline's state at the sink and in the state file, and run it with startup mode 'initial'";

void check_file(Connection& connection, const Position& position, const LogOffset& from) {
  const std::vector<BinlogFile> files = binlog_files(connection);
  if (files.empty()) no_binlog();
  const std::string wanted = binlog_file_name(files, position.log_name, from.file);
  const auto it = std::find_if(files.begin(), files.end(), [&](const BinlogFile& f) { return f.name == wanted; });
  if (it == files.end()) {
    const bool newer = from.file > split_file_name(files.back().name).second;
    throw Error(newer ? ErrorKind::lineage : ErrorKind::log_purged, fmt::format("continuing from {}:{}", printable(wanted), from.byte),
                fmt::format("the server has the log files {} to {} only", printable(files.front().name), printable(files.back().name)),
                newer ? std::string("the server's log was reset (RESET MASTER) or this is another server: ") + kCopyAgain
                      : fmt::format("{}; to keep the log longer: SET GLOBAL {}", kCopyAgain,
                                    connection.is_mariadb() || connection.version() >= 80000 ? "binlog_expire_logs_seconds=604800"
                                                                                             : "expire_logs_days=7"))
        .at(position.file_text());
  }
  if (it->bytes < from.byte) {
    throw Error(ErrorKind::lineage, fmt::format("continuing from {}:{}", printable(wanted), from.byte),
                fmt::format("the file has {} bytes only: the server lost the end of its log, or it was reset", it->bytes), kCopyAgain)
        .at(position.file_text());
  }
}

[[noreturn]] void other_contents(const Position& position, const std::string& cause) {
  throw Error(ErrorKind::lineage, "continuing from the saved position", cause,
              std::string("the server's log was reset, or the server was restored from a backup: ") + kCopyAgain)
      .at(position.file_text());
}

/// After a reset the same file names, and on MySQL the same GTIDs, come again with other contents. So the place that we stand at must
/// still be one between two transactions, and the next one must be new to us.
void check_mysql_contents(Connection& connection, const Position& position) {
  const std::vector<BinlogFile> files = binlog_files(connection);
  if (files.empty()) no_binlog();
  const std::string file = binlog_file_name(files, position.log_name, position.offset.file);
  const auto it = std::find_if(files.begin(), files.end(), [&](const BinlogFile& f) { return f.name == file; });
  if (it == files.end()) {
    if (position.offset.file > split_file_name(files.back().name).second)
      other_contents(position, fmt::format("the server's last log file is {}", printable(files.back().name)));
    return;  // purged behind us, or check_file says otherwise
  }
  if (it->bytes < position.offset.byte) other_contents(position, fmt::format("{} has {} bytes only", printable(file), it->bytes));
  if (it->bytes == position.offset.byte) return;
  ResultRow next;
  try {
    next = once_whole([&] {
      return connection.query_row(
          fmt::format("SHOW BINLOG EVENTS IN {} FROM {} LIMIT 1", quote_text(file), std::max<uint64_t>(4, position.offset.byte)));
    });
  } catch (const Error& e) {  // still: no event begins there
    if (e.server_code() != std::to_string(kNoWholeEvent)) throw;
  }
  if (next.size() < 6 || !next[2] || !next[5])
    other_contents(position, fmt::format("no event of {} begins at byte {}", printable(file), position.offset.byte));
  const GtidSet begun = gtid_of_event(*next[5]);
  if (!begun.empty() && position.gtids.contains(begun)) other_contents(position, fmt::format("{} comes once more there", begun.text()));
}

void check_mysql_gtids(Connection& connection, const Position& position) {
  const GtidSet executed = GtidSet::parse_mysql(connection.query_text("SELECT @@GLOBAL.gtid_executed"));
  const GtidSet purged = GtidSet::parse_mysql(connection.query_text("SELECT @@GLOBAL.gtid_purged"));
  GtidSet missing = position.gtids.minus(executed);
  // A commit that is held is in the log, and was streamed to us, before it is executed (design rule 2.1); the server streams on behind it.
  if (!missing.empty()) missing = missing.minus(end_position(connection).gtids);
  if (!missing.empty()) {
    throw Error(
        ErrorKind::lineage, "continuing from the saved position", fmt::format("the server never executed {}", missing.text()),
        fmt::format("connect to the server that has these transactions (the saved position is of server {}); if its log was reset, {}",
                    position.server, kCopyAgain))
        .at(position.file_text());
  }
  const GtidSet& from = position.read_from.file != 0 && !position.read_from_gtids.empty() ? position.read_from_gtids : position.gtids;
  if (!from.contains(purged)) {
    throw Error(ErrorKind::log_purged, "continuing from the saved position",
                fmt::format("the server has purged {} from its log", purged.minus(from).text()),
                fmt::format("{}; to keep the log longer: SET GLOBAL binlog_expire_logs_seconds=604800", kCopyAgain))
        .at(position.file_text());
  }
}

void check_mariadb_failover(Connection& connection, const Position& position) {
  if (position.gtids.empty()) {
    throw Error(
        ErrorKind::lineage, "continuing from the saved position",
        fmt::format("it is of server {}, this is server {}, and it has no GTIDs to compare", position.server, server_identity(connection)),
        fmt::format("connect to the server that it belongs to, or {}", kCopyAgain))
        .at(position.file_text());
  }
  const GtidSet now = GtidSet::parse_mariadb(connection.query_text("SELECT @@GLOBAL.gtid_binlog_pos"));
  if (!now.contains(position.gtids)) {
    throw Error(ErrorKind::lineage, "continuing from the saved position",
                fmt::format("the server's log is at {}, the position is at {}", now.text(), position.gtids.text()),
                fmt::format("connect to a server that has these transactions in its binary log (log_slave_updates=ON on replicas), or {}",
                            kCopyAgain))
        .at(position.file_text());
  }
  const std::vector<BinlogFile> files = binlog_files(connection);
  if (files.empty()) no_binlog();
  const GtidSet& from = position.read_from.file != 0 && !position.read_from_gtids.empty() ? position.read_from_gtids : position.gtids;
  const GtidSet oldest = mariadb_gtids_at(connection, files.front().name, 4);
  if (!from.contains(oldest)) {
    throw Error(ErrorKind::log_purged, "continuing from the saved position",
                fmt::format("the server's oldest log file begins at {}, the position is at {}", oldest.text(), from.text()), kCopyAgain)
        .at(position.file_text());
  }
}

}  // namespace

std::pair<std::string, uint64_t> split_file_name(std::string_view name) {
  const size_t dot = name.rfind('.');
  uint64_t number = 0;
  const bool ok =
      dot != std::string_view::npos && dot + 1 < name.size() &&
      std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dot) + 1, name.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
      std::from_chars(name.data() + dot + 1, name.data() + name.size(), number).ec == std::errc();
  if (!ok) {
    throw Error(ErrorKind::unsupported, "reading the name of a log file", fmt::format("'{}' ends in no number", printable(name)),
                "log files are called like mysql-bin.000012");
  }
  return {std::string(name.substr(0, dot)), number};
}

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

std::string binlog_file_name(const std::vector<BinlogFile>& files, const std::string& log_name, uint64_t number) {
  size_t digits = 6;
  for (const BinlogFile& file : files) {
    const auto [name, n] = split_file_name(file.name);
    if (name == log_name && n == number) return file.name;
    digits = std::min(digits, file.name.size() - name.size() - 1);
  }
  return fmt::format("{}.{:0{}}", log_name, number, digits);
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
    check_file(connection, position, position.offset);
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
  if (!position.known()) return;
  const bool mariadb = connection.is_mariadb();
  if ((position.lineage == Lineage::mariadb) != mariadb) {
    throw Error(ErrorKind::lineage, "continuing from the saved position",
                fmt::format("it is of a {} server, this one is {}", mariadb ? "MySQL" : "MariaDB", mariadb ? "MariaDB" : "MySQL"),
                kCopyAgain)
        .at(position.file_text());
  }
  const LogOffset from = position.read_from.file != 0 ? position.read_from : position.offset;
  const bool same_server = position.server == server_identity(connection);
  if (!mariadb && has_gtids(connection) && !position.gtids.empty()) {
    check_mysql_gtids(connection, position);
    if (same_server && position.offset.file != 0) check_mysql_contents(connection, position);
    return;
  }
  if (mariadb && (!same_server || from.file == 0)) return check_mariadb_failover(connection, position);
  if (!same_server) {
    throw Error(ErrorKind::lineage, "continuing from the saved position",
                fmt::format("it is of server {}, this is server {}, and without GTIDs the two logs cannot be compared", position.server,
                            server_identity(connection)),
                fmt::format("connect to the server that it belongs to, or {}", kCopyAgain))
        .at(position.file_text());
  }
  if (from.file == 0) return;  // nothing was executed yet
  check_file(connection, position, from);
  if (!mariadb) return check_mysql_contents(connection, position);
  if (position.gtids.empty() || position.offset.file == 0) return;
  // After RESET MASTER the same file names come again with other contents.
  const std::string file = binlog_file_name(binlog_files(connection), position.log_name, position.offset.file);
  const std::optional<GtidSet> there = find_mariadb_gtids_at(connection, file, position.offset.byte);
  if (!there) other_contents(position, fmt::format("no event of the server's log begins at {}", position.file_text()));
  if (!(*there == position.gtids)) {
    other_contents(position, fmt::format("at {} the server's log has the GTIDs {}, the position has {}", position.file_text(),
                                         there->text(), position.gtids.text()));
  }
}

}  // namespace tidemark::mysql
