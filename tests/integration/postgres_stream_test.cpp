// The log reader of PostgreSQL on a real server: what it delivers, what it says to the server, and at what it stops.
#include <thread>

#include "integration/postgres_stream_fixture.h"

using namespace tidemark;
using namespace tidemark::test;
using postgres::Delivery;
using Lines = std::vector<std::string>;

namespace {

Delivery read_all(const StreamedSchema& schema, LogReader& reader, size_t target_bytes = 1 << 20) {
  Delivery out;
  read_past(reader, schema.tables, wal_end(), out, target_bytes);
  return out;
}

/// Settings of the reader's role, for as long as this lives.
struct RoleSetting {
  RoleSetting(std::string name, const std::string& value) : name_(std::move(name)) {
    source_server().exec(fmt::format("ALTER ROLE reader SET {} = '{}'", name_, value));
  }
  ~RoleSetting() { source_server().exec(fmt::format("ALTER ROLE reader RESET {}", name_)); }
  std::string name_;
};

}  // namespace

TEST_CASE("every kind of change") {
  StreamedSchema s("kinds",
                   "CREATE TABLE {s}.keyed (id bigint PRIMARY KEY, note text, big text, price numeric(10,2), twice int GENERATED ALWAYS AS "
                   "(2) STORED);"
                   "ALTER TABLE {s}.keyed ALTER big SET STORAGE EXTERNAL;"
                   "CREATE TABLE {s}.whole (id int PRIMARY KEY, a text); ALTER TABLE {s}.whole REPLICA IDENTITY FULL;"
                   "CREATE TABLE {s}.keyless (a int, b text); ALTER TABLE {s}.keyless REPLICA IDENTITY FULL;"
                   "CREATE TABLE {s}.by_index (a int, code text NOT NULL, c text);"
                   "CREATE UNIQUE INDEX by_code ON {s}.by_index (code); ALTER TABLE {s}.by_index REPLICA IDENTITY USING INDEX by_code;"
                   "CREATE TABLE {s}.other (id int PRIMARY KEY)");
  s.add("keyed", {0});
  s.add("whole", {0});
  s.add("keyless", {});
  s.add("by_index", {1});
  s.sql(
      "BEGIN; INSERT INTO {s}.keyed VALUES (1, 'a', repeat('x', 3000), 1.5), (2, NULL, '', -0.05);"
      "UPDATE {s}.keyed SET note = 'b' WHERE id = 1; UPDATE {s}.keyed SET id = 3 WHERE id = 2; DELETE FROM {s}.keyed WHERE id = 3; COMMIT");
  s.sql("INSERT INTO {s}.other SELECT generate_series(1, 5)");
  s.sql("INSERT INTO {s}.whole VALUES (1, 'a'); UPDATE {s}.whole SET a = 'b'; DELETE FROM {s}.whole");
  s.sql("INSERT INTO {s}.keyless VALUES (1, NULL); UPDATE {s}.keyless SET b = 'b'; DELETE FROM {s}.keyless");
  s.sql(
      "INSERT INTO {s}.by_index VALUES (1, 'k', 'c'); UPDATE {s}.by_index SET c = 'd'; UPDATE {s}.by_index SET code = 'l';"
      "DELETE FROM {s}.by_index");
  const std::string xid = source_server().value("SELECT pg_snapshot_xmax(pg_current_snapshot())");
  const auto reader = s.open();
  const Delivery all = read_all(s, *reader);
  const std::string big(3000, 'x');
  const Lines expected{"keyed insert 1 | a | " + big + " | 1.50",
                       "keyed insert 2 | NULL |  | -0.05",
                       "keyed update 1 | ~ | ~ | ~ -> 1 | b | ~ | 1.50",
                       "keyed update 2 | ~ | ~ | ~ -> 3 | NULL |  | -0.05",
                       "keyed remove 3 | ~ | ~ | ~",
                       "--",
                       "whole insert 1 | a",
                       "whole update 1 | a -> 1 | b",
                       "whole remove 1 | b",
                       "--",
                       "keyless insert 1 | NULL",
                       "keyless update 1 | NULL -> 1 | b",
                       "keyless remove 1 | b",
                       "--",
                       "by_index insert 1 | k | c",
                       "by_index update ~ | k | ~ -> 1 | k | d",
                       "by_index update ~ | k | ~ -> 1 | l | d",
                       "by_index remove ~ | l | ~",
                       "--"};
  CHECK(all.lines() == expected);
  CHECK(all.rows_filtered == 5);
  CHECK(all.transactions.back().mark.txid == std::stoull(xid) - 1);
  CHECK(all.transactions.back().mark.commit_micros > 1'700'000'000'000'000);
  CHECK(all.transactions.back().mark.end.file == 1);
}
