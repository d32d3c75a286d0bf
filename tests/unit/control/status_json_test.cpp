// The JSON of the status is a contract with operators' scripts: a golden file, and a round trip that loses nothing.
#include "control/status_json.h"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sample_status.h"
#include "support/catch.h"

using namespace tidemark;
using control_test::sample_status;
using Json = nlohmann::json;

namespace {

std::string golden() {
  std::ifstream file(GOLDEN_STATUS);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("the status JSON keeps its contract", "[control]") {
  const std::string ours = Json::parse(status_to_json(sample_status())).dump(2) + "\n";
  // a change of the contract on purpose: UPDATE_GOLDEN=1, and only keys may have been added
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(GOLDEN_STATUS) << ours;
  CHECK(ours == golden());
}

TEST_CASE("a status survives the way through JSON", "[control]") {
  const DaemonStatus before = sample_status();
  const std::string json = status_to_json(before);
  const DaemonStatus after = status_from_json(json);
  // every field that is written is read again: writing once more gives the same bytes
  CHECK(status_to_json(after) == json);
  CHECK(after.pid == before.pid);
  CHECK(after.started_unix == before.started_unix);
  REQUIRE(after.pipelines.size() == 2);
  const PipelineStatus& p = *after.pipelines[0];
  const PipelineStatus& q = *before.pipelines[0];
  CHECK(p.state == PipelineState::reconnecting);
  CHECK(p.position_saved == q.position_saved);
  CHECK(p.changes_dropped_total == q.changes_dropped_total);
  CHECK(p.batch_duration_buckets == q.batch_duration_buckets);
  CHECK(p.last_error.unix_micros == q.last_error.unix_micros);
  CHECK(p.last_applied_commit_unix == q.last_applied_commit_unix);
  CHECK(p.tables.at(0).copy_seconds == 1.5);
  CHECK(p.warnings == q.warnings);
  CHECK(p.next_attempt_unix_micros == q.next_attempt_unix_micros);
  CHECK(p.snapshot_rows_total == q.snapshot_rows_total);
  CHECK_FALSE(after.pipelines[1]->last_error.present);
}

TEST_CASE("unknown lag is null, and unknown again when read", "[control]") {
  DaemonStatus status;
  PipelineStatus p = control_test::healthy_pipeline("a");
  p.lag_seconds = -1;
  status.pipelines.push_back(std::make_shared<const PipelineStatus>(p));
  const std::string json = status_to_json(status);
  CHECK(Json::parse(json)["pipelines"][0]["lag"]["seconds"].is_null());
  CHECK(status_from_json(json).pipelines[0]->lag_seconds == -1);
}

TEST_CASE("readers ignore keys that they do not know and live without keys that are missing", "[control]") {
  const DaemonStatus status = status_from_json(R"({"version":"9.9","new":{"a":1},"pipelines":[{"name":"x","state":"failed","newer":[]}]})");
  CHECK(status.version == "9.9");
  REQUIRE(status.pipelines.size() == 1);
  CHECK(status.pipelines[0]->state == PipelineState::failed);
  CHECK(status.pipelines[0]->lag_seconds == -1);
}

TEST_CASE("what is not a status is refused with an Error", "[control]") {
  for (const char* text : {"", "[]", "{", "17", R"({"pid":"x"})", R"({"pipelines":[{"state":"flying"}]})", R"({"pipelines":[{}]})",
                           R"({"started_at":"yesterday"})"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(status_from_json(text), Error);
  }
}

TEST_CASE("text that is not UTF-8 does not break the answer", "[control]") {
  DaemonStatus status;
  PipelineStatus p = control_test::healthy_pipeline("a");
  p.reason = "caf\xe9";
  status.pipelines.push_back(std::make_shared<const PipelineStatus>(p));
  CHECK(status_from_json(status_to_json(status)).pipelines[0]->reason == "caf\xef\xbf\xbd");
}

TEST_CASE("times are RFC 3339 in UTC", "[control]") {
  CHECK(rfc3339(0) == "1970-01-01T00:00:00Z");
  CHECK(rfc3339(1793223000250000) == "2026-10-28T21:30:00.250000Z");
  CHECK(rfc3339(-1) == "1969-12-31T23:59:59.999999Z");
  for (int64_t micros : {int64_t{0}, int64_t{-1}, int64_t{1709251199999999}, int64_t{1793223000250000}, int64_t{253402300799000000}}) {
    CHECK(parse_rfc3339(rfc3339(micros)) == micros);
  }
  for (const char* bad : {"", "2026-10-28", "2026-10-28T21:30:00", "2026-13-28T19:30:00Z", "2026-02-30T19:30:00Z", "2026-10-28T24:30:00Z",
                          "2026-10-28T21:30:00+01:00", "2026-10-28T21:30:00.25Z", "2026-10-28T21:30:00Zx"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(parse_rfc3339(bad), Error);
  }
}
