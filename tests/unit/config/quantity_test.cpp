#include "config/quantity.h"

#include "config/expand.h"
#include "config/nearest.h"
#include "support/catch.h"

using namespace tidemark;
using std::chrono::milliseconds;

namespace {

std::string duration_refusal(const char* text) {
  std::string why;
  REQUIRE_FALSE(parse_duration(text, why));
  return why;
}

}  // namespace

TEST_CASE("durations are a whole number and a unit") {
  std::string why;
  CHECK(parse_duration("500ms", why) == milliseconds(500));
  CHECK(parse_duration("10s", why) == milliseconds(10'000));
  CHECK(parse_duration("5m", why) == milliseconds(300'000));
  CHECK(parse_duration("1h", why) == milliseconds(3'600'000));
  CHECK(parse_duration("2d", why) == milliseconds(172'800'000));
  CHECK(parse_duration("0s", why) == milliseconds(0));
  CHECK(duration_refusal("10") == "has no unit: write a whole number and its unit, such as 500ms, 10s, 5m or 1h");
  CHECK(duration_refusal("10sec").find("unknown unit 'sec'") != std::string::npos);
  CHECK(duration_refusal("s").find("is not a duration") == 0);
  CHECK(duration_refusal("-5s").find("is not a duration") == 0);
  CHECK(duration_refusal("1.5s").find("unknown unit '.5s'") != std::string::npos);
  CHECK(duration_refusal("").find("is not a duration") == 0);
  CHECK(duration_refusal("99999999999999999999s") == "is too large");
  CHECK(duration_refusal("9223372036854775807h") == "is too large");
}

TEST_CASE("sizes know powers of 1024 and of 1000") {
  std::string why;
  CHECK(parse_size("8MiB", why) == 8u << 20);
  CHECK(parse_size("64KiB", why) == 65536u);
  CHECK(parse_size("1GiB", why) == 1u << 30);
  CHECK(parse_size("8MB", why) == 8'000'000u);
  CHECK(parse_size("512B", why) == 512u);
  CHECK_FALSE(parse_size("8", why));
  CHECK(why.find("has no unit") == 0);
  CHECK_FALSE(parse_size("8mib", why));
  CHECK_FALSE(parse_size("16777216TiB", why));
  CHECK(why == "is too large");
}

TEST_CASE("durations and sizes are printed in a form that reads back") {
  std::string why;
  for (int64_t ms : {1, 500, 1000, 1500, 90'000, 3'600'000, 86'400'000}) {
    CHECK(parse_duration(duration_text(milliseconds(ms)), why) == milliseconds(ms));
  }
  for (uint64_t bytes : {uint64_t{1}, uint64_t{1000}, uint64_t{65536}, uint64_t{8} << 20, uint64_t{3} << 40}) {
    CHECK(parse_size(size_text(bytes), why) == bytes);
  }
  CHECK(duration_text(milliseconds(90'000)) == "90s");
  CHECK(size_text(8u << 20) == "8MiB");
}

TEST_CASE("points in time need a zone") {
  std::string why;
  CHECK(parse_timestamp("1970-01-01T00:00:00Z", why) == 0);
  CHECK(parse_timestamp("2026-01-01T00:00:00Z", why) == 1'767'225'600'000'000);
  CHECK(parse_timestamp("2026-01-01 02:00:00.25+02:00", why) == 1'767'225'600'250'000);
  CHECK(timestamp_text(1'767'225'600'250'000) == "2026-01-01T00:00:00.250000Z");
  CHECK_FALSE(parse_timestamp("2026-01-01T00:00:00", why));
  CHECK(why.find("has no time zone") == 0);
  for (const char* text :
       {"", "2026-01-01", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00Zx",
        "2026-01-01T00:00:00.Z", "yesterday", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_timestamp(text, why));
  }
}

TEST_CASE("variables are expanded once, strictly") {
  VariableLookup lookup = [](const std::string& name) -> std::optional<std::string> {
    if (name == "HOST") return "db1";
    if (name == "EMPTY") return "";
    if (name == "TRICK") return "${HOST}: [x";
    return std::nullopt;
  };
  std::string why;
  CHECK(expand_variables("a-${HOST}-b", lookup, why) == "a-db1-b");
  CHECK(expand_variables("${NONE:-fallback}", lookup, why) == "fallback");
  CHECK(expand_variables("${NONE:-}", lookup, why) == "");
  CHECK(expand_variables("${EMPTY:-fallback}", lookup, why) == "fallback");
  CHECK(expand_variables("${EMPTY}", lookup, why) == "");
  CHECK(expand_variables("${TRICK}", lookup, why) == "${HOST}: [x");
  CHECK(expand_variables("$${HOST} costs 5$$", lookup, why) == "${HOST} costs 5$");
  CHECK_FALSE(expand_variables("${NONE}", lookup, why));
  CHECK(why.find("NONE is not set") != std::string::npos);
  for (const char* text : {"$HOST", "5$", "${HOST", "${}", "${1A}", "${A B}", "${HOST:?x}"}) {
    CAPTURE(text);
    CHECK_FALSE(expand_variables(text, lookup, why));
  }
}

TEST_CASE("the nearest word is suggested only when it is near") {
  std::vector<std::string> verbs = {"run", "snapshot", "status", "validate", "verify"};
  CHECK(nearest("stauts", verbs) == "status");
  CHECK(nearest("STATUS", verbs) == "status");
  CHECK(nearest("verfiy", verbs) == "verify");
  CHECK(nearest("rn", verbs) == "run");
  CHECK(nearest("snap", verbs) == "snapshot");
  CHECK(nearest("ver", {"verify", "version"}) == "");
  CHECK(nearest("b", {"a"}) == "");
  CHECK(nearest("frobnicate", verbs) == "");
  CHECK(nearest("", verbs) == "");
  CHECK(did_you_mean("stauts", verbs) == " (did you mean 'status'?)");
}
