// Whole logs of real servers (tests/golden), decoded by what `tidemark decode` runs and compared with what was recorded beside them.
// UPDATE_GOLDEN=1 in the environment writes the decoded text instead. tests/golden/record.sh makes the logs anew.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "engine/mysql/decode_json.h"
#include "engine/mysql/event_header.h"
#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;
using nlohmann::json;

namespace {

std::vector<std::filesystem::path> captures() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(CAPTURES_FOLDER)) {
    if (entry.path().extension() == ".binlog") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

// One line an event; what ends the decoding early is a line too.
std::vector<std::string> decoded(const std::filesystem::path& capture) {
  std::vector<std::string> lines;
  try {
    mysql::decode_to_json(capture, [&](std::string_view line) { lines.emplace_back(line); });
  } catch (const Error& error) {
    lines.push_back(
        json{{"error", error.what()}, {"kind", kind_name(error.kind())}, {"at", error.position()}, {"hint", error.hint()}}.dump());
  }
  return lines;
}

std::vector<std::string> read_lines(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Kinds that no capture can hold.
const std::map<std::string, std::string> kNeverRecorded = {
    {"HEARTBEAT", "sent to replicas, never written to a file"},
    {"HEARTBEAT_V2", "sent to replicas, never written to a file"},
    {"IGNORABLE", "the common form of kinds to come; no server writes it"},
    {"TRANSACTION_CONTEXT", "travels between the members of a replication group, in no log"},
    {"VIEW_CHANGE", "not written since MySQL 8.3"},
    {"WRITE_ROWS_COMPRESSED", "MariaDB writes the first version of row events only"},
    {"UPDATE_ROWS_COMPRESSED", "MariaDB writes the first version of row events only"},
    {"DELETE_ROWS_COMPRESSED", "MariaDB writes the first version of row events only"},
    {"PARTIAL_ROW_DATA", "newer than MariaDB 10.11"},
};

}  // namespace

TEST_CASE("captures decode to what was recorded") {
  REQUIRE(captures().size() >= 10);
  for (const auto& capture : captures()) {
    const std::vector<std::string> lines = decoded(capture);
    const auto recorded = std::filesystem::path(capture).replace_extension(".json");
    const char* update = std::getenv("UPDATE_GOLDEN");
    if (update && std::string(update) == "1") {
      std::ofstream out(recorded);
      for (const std::string& line : lines) out << line << '\n';
      CHECK(out.flush().good());
      continue;
    }
    const std::vector<std::string> expected = read_lines(recorded);
    CHECK(lines.size() == expected.size());
    for (size_t i = 0; i < std::min(lines.size(), expected.size()); ++i) {
      INFO(recorded.filename().string() << ":" << i + 1);
      CHECK(lines[i] == expected[i]);
    }
  }
}

TEST_CASE("captures hold every kind of event that a server writes to its log") {
  std::set<std::string> seen;
  for (const auto& capture : captures()) {
    for (const std::string& line : decoded(capture)) {
      const json event = json::parse(line);
      if (event.contains("type")) seen.insert(event["type"].get<std::string>());
      // where decoding has to end
      if (event.contains("error") && event["kind"] == "unsupported") seen.insert("START_ENCRYPTION");
    }
  }
  for (unsigned type = 1; type < 256; ++type) {
    const std::string name = mysql::event_type_name(static_cast<mysql::EventType>(type));
    if (name.rfind("UNKNOWN_", 0) == 0) continue;
    INFO(name);
    CHECK((seen.count(name) == 1) != (kNeverRecorded.count(name) == 1));
  }
}
