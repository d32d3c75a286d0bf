// Row events as MySQL 9.7 and MariaDB 10.11 wrote them, decoded and compared with what the servers print for these rows.
#include "engine/mysql/checksum.h"
#include "golden_events.h"
#include "row_text.h"
#include "support/catch.h"
#include "tidemark/schema.h"

namespace tidemark::mysql {

namespace {

// SELECT with CHAR, TEXT and times as text, bytes and BIT as hex, on both servers; only the JSON column differs (MariaDB keeps the text).
const std::string kFirst =
    "insert 4000000000 | 2023 | -5 | -8388608 | 16777215 | 18446744073709551615 | -123456789.120 | 1.5 | -0.1 | x0201 | é | x,z | ab | 漢 "
    "| "
    "你好 | x61000000 | x6100 | テスト | x00FF | x000000000101000000000000000000F03F0000000000000040 | 2023-01-02 03:04:05.678 | "
    "2023-05-00 23:59:59.99 | -00:00:00.1 | 2023-05-00 | ";
const std::string kSecond =
    "insert 1 | 0 | 0 | 0 | 0 | 0 | 0.000 | 0 | 0 | x0000 |  |  |  |  |  | x00000000 | x |  | x | NULL | 0000-00-00 00:00:00.000 | "
    "0000-00-00 00:00:00.00 | -838:59:59.0 | 0000-00-00 | null";
const std::string kThird =
    "insert 2 | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | "
    "NULL | "
    "NULL | NULL | NULL | NULL | NULL | NULL";
// binlog_row_image: FULL, MINIMAL, NOBLOB, MINIMAL
const std::vector<std::string> kImages = {"insert 1 | 10 | long text | v", "update 1 | ~ | ~ | ~ -> ~ | 11 | ~ | ~",
                                          "update 1 | 11 | ~ | v -> 1 | 11 | ~ | w", "remove 1 | ~ | ~ | ~"};

std::string twenty(int i) { return "insert " + std::to_string(i) + " | " + std::to_string(i) + " | " + std::string(50, 't') + " | v"; }

void check_common(const std::vector<std::string>& lines, const std::string& json) {
  REQUIRE(lines.size() > 7);
  CHECK(lines[0] == kFirst + json);
  CHECK(lines[1] == kSecond);
  CHECK(lines[2] == kThird);
  for (size_t i = 0; i < kImages.size(); ++i) CHECK(lines[3 + i] == kImages[i]);
}

}  // namespace

TEST_CASE("MySQL 9.7: types, images, partial JSON, transaction payload") {
  auto lines = decode_events(read_golden("mysql-9.7.events"), kMysql97);
  check_common(lines, "{\"a\": [1, 2.5, \"x\"]}");
  REQUIRE(lines.size() == 30);
  const std::string pad = "\"pad\": \"" + std::string(99, 'q') + "\"}";
  const std::string before = "1 | {\"a\": [1, 2, 3], " + pad;
  CHECK(lines[7] == "insert " + before);
  CHECK(lines[8] == "update " + before + " -> 1 | {\"a\": [1, \"two\", 3], " + pad);
  CHECK(lines[9] ==
        "unsupported: table t.pj2, column j: partial JSON update cannot be applied: the row image before the change does not hold this "
        "column "
        "hint: SET PERSIST binlog_row_value_options=''");
  for (int i = 1; i <= 20; ++i) CHECK(lines[static_cast<size_t>(9 + i)] == twenty(i));
}

TEST_CASE("MariaDB 10.11: types, images, its own types, compressed columns and rows") {
  auto lines = decode_events(read_golden("mariadb-10.11.events"), kMariadb1011, [](TableSchema& schema) {
    if (schema.name.table != "mu") return;
    schema.columns[1].kind = ValueKind::uuid;
    schema.columns[1].native_type = "uuid";
    for (size_t i : {2u, 3u}) {
      schema.columns[i].kind = ValueKind::text;
      schema.columns[i].charset = "ascii";
      schema.columns[i].native_type = i == 2 ? "inet4" : "inet6";
    }
  });
  check_common(lines, "{\"a\":[1,2.5,\"x\"]}");
  REQUIRE(lines.size() == 30);
  std::string abc, accents, bytes = "x";
  for (int i = 0; i < 50; ++i) abc += "abc";
  for (int i = 0; i < 150; ++i) accents += "é";
  for (int i = 0; i < 100; ++i) bytes += "00FF";
  CHECK(lines[7] == "insert 1 | x123456789ABC1EF0923456789ABCDEF0 | 10.0.0.1 | ::ffff:1.2.3.4 | " + abc + " | " + accents + " | " + bytes);
  CHECK(lines[8] == "insert 2 | x0190000000007ABC8000000000000000 | 0.0.0.0 | fe80::1 | short | é | x");
  CHECK(lines[9] == "insert 3 | NULL | NULL | NULL | NULL | NULL | NULL");
  for (int i = 1; i <= 20; ++i) CHECK(lines[static_cast<size_t>(9 + i)] == twenty(i));
}

TEST_CASE("checksums of captured events hold, and fail when any bit is turned") {
  for (std::string event : read_golden("mysql-9.7.events")) {
    REQUIRE(checksum_matches(event));
    event[event.size() / 2] = static_cast<char>(event[event.size() / 2] ^ 0x10);
    CHECK_FALSE(checksum_matches(event));
  }
}

}  // namespace tidemark::mysql
