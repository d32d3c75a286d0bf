// Paths to answers, without a socket.
#include "control/routes.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "sample_status.h"
#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;
using control_test::healthy_pipeline;
using control_test::sample_status;
using Json = nlohmann::json;

namespace {

DaemonStatus status_of(const std::vector<PipelineStatus>& pipelines, double tick_age = 0.1) {
  DaemonStatus status;
  status.supervisor_tick_age_seconds = tick_age;
  for (const PipelineStatus& p : pipelines) status.pipelines.push_back(std::make_shared<const PipelineStatus>(p));
  return status;
}

RouteAnswer get(const std::string& target, const DaemonStatus& status) {
  return route("GET", target, [&] { return status; });
}

}  // namespace

TEST_CASE("healthz follows the supervisor's tick", "[control]") {
  CHECK(get("/healthz", status_of({}, 0)).status == 200);
  CHECK(get("/healthz", status_of({}, 9.9)).status == 200);
  const RouteAnswer stalled = get("/healthz", status_of({}, 10));
  CHECK(stalled.status == 503);
  CHECK_FALSE(Json::parse(stalled.body)["reasons"].empty());
}

TEST_CASE("readyz wants every pipeline connected and none failed", "[control]") {
  CHECK(get("/readyz", status_of({healthy_pipeline("a"), healthy_pipeline("b")})).status == 200);
  CHECK(get("/readyz", status_of({})).status == 503);

  PipelineStatus lost = healthy_pipeline("lost");
  lost.sink_connected = false;
  lost.reason = "waiting 4 s";
  RouteAnswer answer = get("/readyz", status_of({healthy_pipeline("a"), lost}));
  CHECK(answer.status == 503);
  const Json reasons = Json::parse(answer.body)["reasons"];
  REQUIRE(reasons.size() == 1);
  CHECK(reasons[0]["pipeline"] == "lost");
  CHECK(reasons[0]["reason"] == "not connected to the sink: waiting 4 s");

  PipelineStatus failed = healthy_pipeline("failed");
  failed.state = PipelineState::failed;
  CHECK(get("/readyz", status_of({failed})).status == 503);
}

TEST_CASE("one pipeline by name", "[control]") {
  const DaemonStatus status = sample_status();
  const RouteAnswer answer = get("/v1/pipelines/shop?pretty", status);
  CHECK(answer.status == 200);
  CHECK(Json::parse(answer.body) == Json::parse(get("/v1/status", status).body)["pipelines"][0]);
  const RouteAnswer missing = get("/v1/pipelines/shoop", status);
  CHECK(missing.status == 404);
  const Json error = Json::parse(missing.body)["error"];
  CHECK(error["kind"] == "not_found");
  CHECK(error["hint"] == "Pipelines: shop, edge.");
  CHECK(get("/v1/pipelines/a%20b%2Fc", status_of({healthy_pipeline("a b/c")})).status == 200);
  CHECK(get("/v1/pipelines/a%2", status).status == 400);
  CHECK(get("/v1/pipelines/", status).status == 404);
  CHECK(get("/v1/pipelines/shop/tables", status).status == 404);
}

TEST_CASE("wrong paths and methods are told what would be right", "[control]") {
  const StatusProvider provider = [] { return sample_status(); };
  CHECK(route("GET", "/v1/statuss", provider).status == 404);
  CHECK(route("GET", "status", provider).status == 400);
  CHECK(route("GET", "", provider).status == 400);
  const RouteAnswer post = route("POST", "/v1/status", provider);
  CHECK(post.status == 405);
  CHECK(post.allow == "GET, HEAD");
  CHECK(Json::parse(post.body)["error"]["hint"] == "Use GET or HEAD.");
  CHECK(route("HEAD", "/metrics", provider).status == 200);
}

TEST_CASE("a provider that throws becomes a 500 with its hint", "[control]") {
  const RouteAnswer answer = route("GET", "/v1/status", []() -> DaemonStatus { throw Error(ErrorKind::state, "a", "b", "c"); });
  CHECK(answer.status == 500);
  CHECK(Json::parse(answer.body)["error"]["message"] == "a: b");
  CHECK(Json::parse(answer.body)["error"]["hint"] == "c");
  CHECK(route("GET", "/v1/status", []() -> DaemonStatus { throw std::runtime_error("x"); }).status == 500);
}
