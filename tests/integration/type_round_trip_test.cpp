// Every type of MySQL and MariaDB at its edges, through the copy and through the stream, into SQLite and PostgreSQL: equal rows become
// equal bytes, and they are what the source itself prints.
#include "types/type_round_trip.h"

#include "servers/mariadb_server.h"
#include "servers/mysql_server.h"
#include "support/catch.h"

using namespace tidemark::test;

namespace {

using Lines = std::vector<std::string>;

std::string joined(const Lines& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

void check_round_trip(MysqlFamilyServer& source, const std::vector<TypeTable>& tables, const TypeRoundTrip::Environment& environment = {}) {
  TypeRoundTrip trip(source, tables);
  const bool copied = trip.copy(environment);
  INFO(trip.log());
  REQUIRE(copied);
  trip.change();
  const bool streamed = trip.wait_for_stream();
  INFO(trip.log());
  REQUIRE(streamed);
  const Lines differences = trip.differences();
  INFO(joined(differences));
  CHECK(differences.empty());
  const Lines verified = trip.verify();
  INFO(joined(verified));
  CHECK(verified.empty());
  CHECK(trip.stop() == std::vector<int>{0, 0});
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
