#include "engine/mysql/sink_error.h"

#include <errmsg.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engine/mysql/connection.h"

namespace tidemark::mysql {
namespace {

constexpr unsigned kDeadlock = 1213;

template <size_t n>
bool is_one_of(unsigned number, const unsigned (&list)[n]) {
  return std::find(std::begin(list), std::end(list), number) != std::end(list);
}

// Source: MySQL's share/messages_to_clients.txt and MariaDB's sql/share/errmsg-utf8.txt.
constexpr unsigned kConflict[] = {1022, 1062, 1216, 1217, 1451, 1452, 1557, 1586, 1761, 1762};
constexpr unsigned kData[] = {1048, 1049, 1054, 1059, 1060, 1069, 1070, 1071, 1074, 1102, 1103, 1113, 1117, 1118, 1146, 1153,
                              1163, 1166, 1170, 1264, 1265, 1292, 1301, 1364, 1366, 1367, 1406, 1411, 1416, 1425, 1426, 1427,
                              1525, 1644, 1690, 3140, 3141, 3144, 3156, 3157, 3158, 3617, 3819, 3903, 3988, 4025, 4038};
constexpr unsigned kSettings[] = {1148, 1286, 1290, 1418, 1419, 1665, 1785, 1792, 1836, 2068, 3098, 3148, 3161, 3948, 4166};
// Deadlocks, locks of others, full disks and servers that come and go pass: the same batch is written again.
constexpr unsigned kPasses[] = {1020, 1047, 1105, 1206, 1412, 1615, 1637, 3058, 3100, 3101, 3572};

ErrorKind kind_of(unsigned number, std::string_view state) {
  if (is_one_of(number, kConflict)) return ErrorKind::sink_conflict;
  if (is_one_of(number, kData)) return ErrorKind::data;
  if (is_one_of(number, kSettings)) return ErrorKind::server_settings;
  if (is_one_of(number, kPasses)) return ErrorKind::sink_unavailable;
  const ErrorKind kind = kind_of_error_number(number);
  if (kind == ErrorKind::source_unavailable) return ErrorKind::sink_unavailable;
  if (kind == ErrorKind::credentials || kind == ErrorKind::server_settings) return kind;
  const std::string_view state_class = state.substr(0, 2);
  if (state_class == "22" || state == "45000") return ErrorKind::data;
  if (state_class == "23") return ErrorKind::sink_conflict;
  if (state_class == "40" || state_class == "08") return ErrorKind::sink_unavailable;
  return ErrorKind::internal;
}

std::string hint_of(unsigned number) {
  switch (number) {
    case 1062:
    case 1586:
      return "the target has a unique index that the source does not have, or rows that are not the source's; drop it or remove those rows";
    case 1451:
    case 1452: return "drop the foreign key at the sink, or copy the table that it refers to as well";
    case 1048: return "allow NULL: ALTER TABLE ... MODIFY the column without NOT NULL";
    case 1290:
    case 1792:
    case 1836: return "connect to the primary: this server is read-only (read_only, super_read_only)";
    case 1153: return "raise max_allowed_packet at the sink's server: SET GLOBAL max_allowed_packet = 1073741824";
    case 1118: return "create the table yourself, with TEXT or BLOB types for its long columns";
    case 1071: return "create the table yourself with a shorter key column, or name a shorter key under tables.key";
    case 1142:
    case 1044:
    case 1143:
    case 1227:
      return "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON <database>.* TO tidemark's user; for tidemark's own database as well";
    case 1264:
    case 1406: return "widen the column: ALTER TABLE ... MODIFY ...";
    case 1366:
    case 3988: return "give the column the character set utf8mb4: ALTER TABLE ... MODIFY ... CHARACTER SET utf8mb4";
    case 3819:
    case 4025: return "drop the CHECK constraint at the sink, or correct the row at the source";
    case 1665: return "set binlog_format=ROW at the sink's server";
    case 1114:
    case 1021: return "free disk space on the sink's server";
    default: return {};
  }
}

}  // namespace

std::string message_without_values(unsigned number, std::string_view sqlstate, std::string_view message) {
  message = message.substr(0, message.find('\n'));
  auto from = [&](std::string_view word) {
    const size_t at = message.rfind(word);
    return at == std::string_view::npos ? std::string_view() : message.substr(at);
  };
  if (number == 1644 || sqlstate == "45000") return "a trigger of the sink raised an exception";
  if (number == 1064 || number == 1149) return "the server does not understand the statement";
  if (number == 1062 || number == 1586 || number == 1022)
    return fmt::format("duplicate entry{}{}", number == 1022 ? "" : " ", from("for key"));
  if (number == 1690) return "a value out of range";
  const std::string_view state_class = sqlstate.substr(0, 2);
  if (state_class == "22" || number == 1366 || number == 1265 || number == 1292 || number == 1411 || (number >= 3140 && number <= 3158)) {
    const size_t value = message.find(": '");
    const size_t json = message.find(": \"");
    const size_t end = std::min(value, json);
    if (end != std::string_view::npos) {
      std::string_view column = from(" for column");
      return std::string(message.substr(0, end)) + std::string(column);
    }
  }
  return printable(message);
}

Error sink_error(std::string_view what_failed, unsigned number, std::string_view sqlstate, std::string_view message, std::string hint) {
  const std::string own = hint_of(number);
  Error error(kind_of(number, sqlstate), std::string(what_failed),
              fmt::format("{} (error {})", printable(message_without_values(number, sqlstate, message)), number), own.empty() ? hint : own);
  error.code(std::to_string(number));
  return error;
}

bool is_deadlock(const Error& error) { return error.server_code() == std::to_string(kDeadlock); }

}  // namespace tidemark::mysql
