// Every type of MySQL and MariaDB at its edges, through the copy and through the stream, into SQLite and PostgreSQL: equal rows become
// equal bytes, and they are what the source itself prints. Once with servers as they come, once with everything set so as to mislead.
#include <algorithm>
#include <ctime>

#include "integration/type_checks.h"
#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"

using namespace tidemark::test;

namespace {

void check_round_trip(DatabaseServer& source, std::vector<TypeTable> tables) {
  const auto seed = static_cast<unsigned>(std::time(nullptr));
  INFO("random values of seed " << seed);
  tables.push_back(random_types(seed));
  TypeRoundTrip trip(source, tables);
  check_copied(trip, {});
  trip.change();
  check_streamed(trip);
  check_end(trip);
}

const TypeRoundTrip::Environment kElsewhere{{"TZ", "America/New_York"}, {"LC_ALL", "C"}, {"LANG", "C"}};

/// Modes that change how values are read, when the session does not say how it wants them.
const Lines kMisleading{"--default-time-zone=+05:45", "--sql-mode=ANSI,PAD_CHAR_TO_FULL_LENGTH,NO_BACKSLASH_ESCAPES",
                        "--character-set-server=latin1", "--div-precision-increment=0"};

/// What PostgreSQL does with text when the session does not say what it wants.
void mislead(DatabaseServer& sink) {
  for (const char* setting : {"timezone = 'Asia/Kathmandu'", "datestyle = 'SQL, DMY'", "intervalstyle = 'sql_standard'",
                              "extra_float_digits = -15", "bytea_output = 'escape'", "standard_conforming_strings = off",
                              "client_encoding = 'LATIN1'", "lc_numeric = 'C'", "search_path = ''"}) {
    sink.exec(std::string("ALTER ROLE tidemark SET ") + setting);
  }
}

}  // namespace

TEST_CASE("MariaDB: every type at its edges", "[types]") {
  MariadbServer source;
  check_round_trip(source, all_type_tables("mariadb"));
}

TEST_CASE("MySQL: every type at its edges", "[types]") {
  MysqlServer source;
  check_round_trip(source, all_type_tables("mysql"));
}

TEST_CASE("MariaDB: every type, compressed log without metadata, minimal rows, other time zones and modes", "[types]") {
  MysqlOptions options;
  options.full_metadata = false;
  options.row_image = "MINIMAL";
  options.extra = kMisleading;
  options.extra.insert(options.extra.end(), {"--log-bin-compress=ON", "--log-bin-compress-min-len=10"});
  MariadbServer source(options);
  REQUIRE(source.value("SELECT @@binlog_row_metadata") == "MINIMAL");
  TypeRoundTrip trip(source, all_type_tables("mariadb"));
  mislead(trip.sink(1));
  check_copied(trip, kElsewhere);
  trip.change();
  check_streamed(trip);
  check_end(trip);
}

TEST_CASE("MySQL: every type, compressed log without metadata, partial JSON, other time zones and modes", "[types]") {
  MysqlOptions options;
  options.full_metadata = false;
  options.extra = kMisleading;
  options.extra.insert(options.extra.end(), {"--binlog-transaction-compression=ON", "--binlog-row-value-options=PARTIAL_JSON"});
  MysqlServer source(options);
  REQUIRE(source.value("SELECT @@binlog_row_value_options") == "PARTIAL_JSON");
  auto tables = all_type_tables("mysql");
  tables.push_back(mysql_json_updates());
  TypeRoundTrip trip(source, tables);
  mislead(trip.sink(1));
  check_copied(trip, kElsewhere);
  trip.change();
  for (const std::string compressed : {"OFF", "ON"}) {
    trip.execute("SET SESSION binlog_transaction_compression = " + compressed);
    for (const std::string& change : json_updates()) {
      trip.execute("UPDATE json_updates SET j = " + change + ", other = CONCAT(other, '.') WHERE id % 2 = 0");
      trip.execute("UPDATE json_updates SET j = " + change);
    }
  }
  const auto events = source.query("SHOW BINLOG EVENTS");
  const auto partial = std::count_if(events.begin(), events.end(), [](const TextRow& row) { return row.at(2) == "Update_rows_partial"; });
  CHECK(partial > 30);
  check_streamed(trip);
  check_end(trip);
}

TEST_CASE("the comparison of types sees a spoiled value of every type", "[types]") {
  MariadbServer source;
  const std::vector<TypeTable> tables{integer_types(), decimal_types(), float_and_bit_types(), date_types(),       time_types("mariadb"),
                                      label_types(),   text_types(),    byte_types(),          mariadb_own_types()};
  TypeRoundTrip trip(source, tables);
  check_copied(trip, {});
  trip.change();
  check_streamed(trip);
  CHECK(trip.stop() == std::vector<int>{0, 0});
  size_t planted = 0;
  for (const TypeTable& table : tables) {
    for (const TypeCase& column : table.columns) {
      // a column of one value has it in every row
      if (column.values.empty() || table.name == "dates") continue;
      trip.plant(table, column);
      ++planted;
    }
  }
  size_t seen = 0;
  for (const std::string& line : trip.differences()) seen += line.find("expected") != std::string::npos ? 1 : 0;
  CHECK(seen == 2 * planted);
}
