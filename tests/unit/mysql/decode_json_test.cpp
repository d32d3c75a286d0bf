// `tidemark decode` over logs that real servers wrote.
#include "engine/mysql/decode_json.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;
using nlohmann::json;

namespace {

std::vector<json> decode(const std::string& path) {
  std::vector<json> out;
  mysql::decode_to_json(path, [&](std::string_view line) { out.push_back(json::parse(line)); });
  return out;
}
std::string golden(const char* name) { return std::string(MYSQL_GOLDEN_FOLDER) + "/" + name; }

std::vector<json> rows_of(const std::vector<json>& events, const std::string& table) {
  std::vector<json> out;
  for (const json& event : events) {
    if (!event.contains("rows") || event["table"] != table) continue;
    for (const json& row : event["rows"]) out.push_back(row);
  }
  return out;
}

// A copy of a golden log with something done to its bytes; removed with the object.
struct ChangedLog {
  explicit ChangedLog(const char* name, const std::function<void(std::string&)>& change) {
    std::ifstream in(golden(name), std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    std::string bytes = all.str();
    change(bytes);
    char pattern[] = "/tmp/tidemark-decode-XXXXXX";
    int file = mkstemp(pattern);
    REQUIRE(file >= 0);
    REQUIRE(write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    close(file);
    path = pattern;
  }
  ~ChangedLog() { std::remove(path.c_str()); }
  std::string path;
};

}  // namespace

TEST_CASE("a whole MariaDB log as JSON") {
  std::vector<json> events = decode(golden("log_mariadb_10_11.binlog"));
  CHECK(events.size() == 107);
  CHECK(events[0]["type"] == "FORMAT_DESCRIPTION");
  CHECK(events[0]["checksums"] == true);
  CHECK(events.back()["type"] == "ROTATE");
  CHECK(events.back()["next_file"] == "mb.000002");
  std::vector<json> rows = rows_of(events, "t");
  CHECK(rows[0] == json::parse(R"({"op":"insert","after":{"id":1,"v":"a","n":"1.50"}})"));
  CHECK(rows[2] == json::parse(R"({"op":"update","before":{"id":1,"v":"a","n":"1.50"},"after":{"id":1,"v":"c","n":"1.50"}})"));
  CHECK(rows[3] == json::parse(R"({"op":"delete","before":{"id":2,"v":"b","n":"2.50"}})"));
}

TEST_CASE("a MySQL log with compressed transactions, partial images and tagged GTIDs as JSON") {
  std::vector<json> events = decode(golden("log_mysql_9_7_b.binlog"));
  size_t inner = 0, tagged = 0;
  for (const json& event : events) {
    inner += event.contains("compressed") ? 1u : 0u;
    if (event["type"] == "GTID_TAGGED" && tagged++ == 0) CHECK(event["gtid"] == "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa:tagx:1");
  }
  CHECK(inner > 8);
  CHECK(tagged == 2);
  std::vector<json> rows = rows_of(events, "t");
  CHECK(rows[1] == json::parse(R"({"op":"update","before":{"id":10},"after":{"n":"9.99"}})"));  // MINIMAL
  CHECK(rows_of(events, "j").size() == 2);
}

TEST_CASE("damaged files say where") {
  auto error_of = [](const std::string& path) -> std::string {
    try {
      decode(path);
      return "";
    } catch (const Error& error) {
      return std::string(kind_name(error.kind())) + " " + error.position();
    }
  };
  CHECK(error_of(ChangedLog("log_mariadb_10_11.binlog", [](std::string& b) { b[1500] ^= 1; }).path) == "corrupt offset 1481");
  CHECK(error_of(ChangedLog("log_mariadb_10_11.binlog", [](std::string& b) { b.resize(1500); }).path) == "corrupt offset 1481");
  CHECK(error_of(ChangedLog("log_mariadb_10_11.binlog", [](std::string& b) { b[0] = 'x'; }).path) == "corrupt ");
  CHECK(error_of(ChangedLog("log_mariadb_10_11.binlog", [](std::string& b) { b[0] = '\xfd'; }).path) == "unsupported ");
  CHECK(error_of(ChangedLog("log_mariadb_10_11.binlog", [](std::string& b) { b[1481 + 9] = 3; }).path) == "corrupt offset 1481");
  CHECK(error_of("/nonexistent/file") == "usage ");
}
