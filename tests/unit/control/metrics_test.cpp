// The metrics text, checked by a small parser of the exposition format rather than by comparing it with itself.
#include "control/metrics.h"

#include <map>
#include <set>
#include <sstream>

#include "sample_status.h"
#include "support/catch.h"

using namespace tidemark;
using control_test::sample_status;

namespace {

struct Exposition {
  std::map<std::string, std::string> samples;  // "name{labels}" -> value
  std::map<std::string, std::string> types;
  std::set<std::string> helped;
};

std::string family_of(const std::string& sample, const std::map<std::string, std::string>& types) {
  std::string name = sample.substr(0, sample.find_first_of("{ "));
  for (const char* suffix : {"_bucket", "_sum", "_count"}) {
    const std::string tail = suffix;
    if (name.size() <= tail.size() || name.compare(name.size() - tail.size(), tail.size(), tail) != 0) continue;
    const std::string base = name.substr(0, name.size() - tail.size());
    auto type = types.find(base);
    if (type != types.end() && type->second == "histogram") return base;
  }
  return name;
}

/// Fails the test on a line that is no comment and no sample, on a sample without HELP and TYPE before it, and on a repeated one.
Exposition parse(const std::string& text) {
  Exposition out;
  REQUIRE_FALSE(text.empty());
  REQUIRE(text.back() == '\n');
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    std::istringstream words(line);
    std::string hash, word, name, type;
    if (line.rfind("# ", 0) == 0) {
      words >> hash >> word >> name >> type;
      if (word == "HELP")
        CHECK(out.helped.insert(name).second);
      else if (word == "TYPE")
        CHECK(out.types.emplace(name, type).second);
      else
        FAIL("unknown comment");
      continue;
    }
    const size_t space = line.rfind(' ');
    REQUIRE(space != std::string::npos);
    CHECK(out.samples.emplace(line.substr(0, space), line.substr(space + 1)).second);
    const std::string family = family_of(line, out.types);
    CHECK(out.helped.count(family) == 1);
    CHECK(out.types.count(family) == 1);
  }
  return out;
}

}  // namespace

TEST_CASE("metrics carry the pipeline's numbers under documented names", "[control]") {
  const Exposition m = parse(metrics_text(sample_status()));
  auto value = [&](const std::string& name) {
    auto it = m.samples.find(name);
    return it == m.samples.end() ? std::string("absent") : it->second;
  };
  CHECK(value("tidemark_pipeline_state{pipeline=\"shop\",state=\"reconnecting\"}") == "1");
  CHECK(value("tidemark_pipeline_state{pipeline=\"shop\",state=\"streaming\"}") == "0");
  CHECK(value("tidemark_pipeline_state{pipeline=\"edge\",state=\"streaming\"}") == "1");
  CHECK(value("tidemark_source_connected{pipeline=\"shop\"}") == "0");
  CHECK(value("tidemark_sink_connected{pipeline=\"shop\"}") == "1");
  CHECK(value("tidemark_lag_seconds{pipeline=\"shop\"}") == "0.4");
  CHECK(value("tidemark_lag_bytes{pipeline=\"shop\"}") == "12288");
  CHECK(value("tidemark_slot_retained_bytes{pipeline=\"shop\"}") == "5000");
  CHECK(value("tidemark_slot_room_bytes{pipeline=\"shop\"}") == "700");
  CHECK(value("tidemark_slot_retained_bytes{pipeline=\"edge\"}") == "absent");
  CHECK(value("tidemark_read_bytes_total{pipeline=\"shop\"}") == "1001");
  CHECK(value("tidemark_read_events_total{pipeline=\"shop\"}") == "1002");
  CHECK(value("tidemark_changes_read_total{pipeline=\"shop\"}") == "1003");
  CHECK(value("tidemark_changes_applied_total{pipeline=\"shop\"}") == "1004");
  CHECK(value("tidemark_rows_filtered_total{pipeline=\"shop\"}") == "1005");
  CHECK(value("tidemark_transactions_total{pipeline=\"shop\"}") == "1006");
  CHECK(value("tidemark_sink_commits_total{pipeline=\"shop\"}") == "1007");
  CHECK(value("tidemark_retries_total{pipeline=\"shop\"}") == "1008");
  CHECK(value("tidemark_changes_dropped_total{pipeline=\"shop\",reason=\"in_chunk_read\"}") == "12");
  CHECK(value("tidemark_applied_rows_total{pipeline=\"shop\",op=\"update\"}") == "23");
  CHECK(value("tidemark_queue_bytes{pipeline=\"shop\"}") == "81234");
  CHECK(value("tidemark_queue_limit_bytes{pipeline=\"shop\"}") == "67108864");
  CHECK(value("tidemark_snapshot_rows_total{pipeline=\"shop\"}") == "31000000");
  CHECK(value("tidemark_snapshot_rows_resumed{pipeline=\"shop\"}") == "4000000");
  CHECK(value("tidemark_snapshot_rows_expected{pipeline=\"shop\"}") == "67300000");
  CHECK(value("tidemark_tables{pipeline=\"shop\",state=\"copying\"}") == "1");
  CHECK(value("tidemark_tables{pipeline=\"shop\",state=\"pending\"}") == "0");
  CHECK(value("tidemark_last_error_timestamp_seconds{pipeline=\"shop\"}") == "1793223001.5");
  CHECK(value("tidemark_last_error_timestamp_seconds{pipeline=\"edge\"}") == "absent");
  CHECK(value("process_resident_memory_bytes") == "148000000");
  CHECK(std::stod(value("process_cpu_seconds_total")) > 0);
  CHECK(std::stod(value("process_start_time_seconds")) == 1793222940);
  CHECK(m.types.at("tidemark_retries_total") == "counter");
  CHECK(m.types.at("tidemark_lag_seconds") == "gauge");
}

TEST_CASE("the histogram's buckets are cumulative and end at the count", "[control]") {
  const Exposition m = parse(metrics_text(sample_status()));
  const std::string prefix = "tidemark_apply_batch_duration_seconds";
  // the sample has 1, 2, 3 ... in its 13 buckets and 14 beyond them
  CHECK(m.samples.at(prefix + "_bucket{pipeline=\"shop\",le=\"0.001\"}") == "1");
  CHECK(m.samples.at(prefix + "_bucket{pipeline=\"shop\",le=\"0.002\"}") == "3");
  CHECK(m.samples.at(prefix + "_bucket{pipeline=\"shop\",le=\"10\"}") == "91");
  CHECK(m.samples.at(prefix + "_bucket{pipeline=\"shop\",le=\"+Inf\"}") == "105");
  CHECK(m.samples.at(prefix + "_count{pipeline=\"shop\"}") == "105");
  CHECK(m.samples.at(prefix + "_sum{pipeline=\"shop\"}") == "12.5");
  CHECK(m.samples.at(prefix + "_bucket{pipeline=\"edge\",le=\"10\"}") == "0");
}

TEST_CASE("labels are escaped and unknown lag has no sample", "[control]") {
  DaemonStatus status;
  PipelineStatus p = control_test::healthy_pipeline("a\"b\\c\nd");
  p.lag_seconds = -1;
  status.pipelines.push_back(std::make_shared<const PipelineStatus>(p));
  const std::string text = metrics_text(status);
  const Exposition m = parse(text);
  CHECK(m.samples.count(R"(tidemark_source_connected{pipeline="a\"b\\c\nd"})") == 1);
  CHECK(text.find("tidemark_lag_seconds{") == std::string::npos);
}
