#include "cli/command.h"
#include "cli/copy_table.h"
#include "cli/human.h"
#include "cli/table_print.h"
#include "config/problems.h"
#include "support/catch.h"

using namespace tidemark;

TEST_CASE("numbers for people") {
  CHECK(human_count(0) == "0");
  CHECK(human_count(812) == "812");
  CHECK(human_count(999.6) == "1.0 k");
  CHECK(human_count(41'234'000) == "41.2 M");
  CHECK(human_count(118'000'000) == "118 M");
  CHECK(human_count(99'960) == "100 k");
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(12'288) == "12.3 kB");
  CHECK(human_bytes(1.2e9) == "1.2 GB");
  CHECK(human_seconds(0) == "0 s");
  CHECK(human_seconds(-1) == "0 s");
  CHECK(human_seconds(0.42) == "0.4 s");
  CHECK(human_seconds(41) == "41 s");
  CHECK(human_seconds(59.7) == "1m00s");
  CHECK(human_seconds(362) == "6m02s");
  CHECK(human_seconds(3 * 3600 + 240) == "3h04m");
  CHECK(human_seconds(3 * 86400 + 4 * 3600) == "3d 4h");
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1 000");
  CHECK(grouped(8'104'221) == "8 104 221");
  CHECK(grouped(18446744073709551615u) == "18 446 744 073 709 551 615");
  CHECK(percent_text(1, 3) == "33.3 %");
  CHECK(percent_text(1, 0) == "-");
}

TEST_CASE("tables align characters, not bytes") {
  TextTable table;
  table.column("table", TextTable::Align::left);
  table.column("rows", TextTable::Align::right);
  table.column("", TextTable::Align::left);
  table.row({"größe", "8 104 221", "equal"});
  table.row({"a", "1", ""});
  CHECK(table.text(" ") ==
        " table       rows\n"
        " größe  8 104 221  equal\n"
        " a              1\n");
}

TEST_CASE("text is cut between characters") {
  CHECK(text_width("größe") == 5);
  CHECK(cut_to_width("größe", 5) == "größe");
  CHECK(cut_to_width("größen", 5) == "größ~");
  CHECK(cut_to_width("größen", 4) == "grö~");
  CHECK(cut_to_width("ab", 0) == "");
}

TEST_CASE("errors have one grammar") {
  CHECK(error_text(Error(ErrorKind::source_unavailable, "connecting to db1:3306", "refused", "start it: systemctl start mariadb")) ==
        "tidemark: connecting to db1:3306: refused\nhint: start it: systemctl start mariadb\n");
  CHECK(error_text(Error(ErrorKind::usage, "", "unknown command 'x'")) == "tidemark: unknown command 'x'\n");
  CHECK(error_text(Error(ErrorKind::data, "a", "b", "first;\nsecond;")) == "tidemark: a: b\nhint: first;\n      second;\n");
  // what a server says cannot forge lines or drive the terminal
  CHECK(error_text(Error(ErrorKind::data, "a\x1b[2J", "b\ntidemark: fake")) == "tidemark: a\\x1b[2J: b tidemark: fake\n");
  ConfigError config("t.yaml", {{{1, 2}, "first", "do this"}, {{3, 4}, "second", ""}});
  CHECK(error_text(config) == "t.yaml:1:2: first\nhint: do this\nt.yaml:3:4: second\n");
}

TEST_CASE("a copy ends with a table") {
  PipelineStatus status;
  status.name = "shop";
  status.source = "shop-db1";
  status.sink = "warehouse";
  status.position_applied = "mariadb server=1 file=binlog.000812:4711 gtids=0-1-9921";
  TableStatus t;
  t.source = "shop.customers";
  t.target = "shop.customers";
  t.state = "streaming";
  t.rows_copied = 8'204'221;
  t.rows_resumed = 100'000;  // by an earlier run
  t.bytes_copied = 1'200'000'000;
  t.copy_seconds = 41;
  status.tables = {t};
  t.source = "shop.empty";
  t.rows_copied = t.rows_resumed = t.bytes_copied = 0;
  t.copy_seconds = 0;
  status.tables.push_back(t);
  CHECK(copy_table_text(status, 50) ==
        " table                rows   bytes  time  rows/s\n"
        " shop.customers  8 104 221  1.2 GB  41 s   198 k\n"
        " shop.empty              0     0 B   0 s       -\n"
        " Total           8 104 221  1.2 GB  50 s   162 k\n"
        " consistent at mariadb server=1 file=binlog.000812:4711 gtids=0-1-9921\n");
  std::string json = copy_table_json(status, 50);
  CHECK(json.find("\"consistent_at\": \"mariadb server=1") != std::string::npos);
  CHECK(json.find("\"rows\": 8104221") != std::string::npos);
}
