// Intervals as PostgreSQL prints them with IntervalStyle iso_8601.
#include <random>

#include "engine/postgres/interval_encoding.h"
#include "engine/postgres/moment_text.h"
#include "support/catch.h"

using namespace tidemark::postgres;

namespace {

std::string interval_text(const Interval& interval) {
  char text[kIntervalTextMax];
  return {text, print_interval(interval.months, interval.days, interval.micros, text)};
}

}  // namespace

TEST_CASE("intervals are read as PostgreSQL prints them") {
  constexpr int64_t kSecond = 1000000;
  const std::pair<const char*, Interval> cases[] = {
      {"PT0S", {0, 0, 0}},
      {"P1Y2M3DT4H5M6.7S", {(4 * 3600 + 5 * 60 + 6) * kSecond + 700000, 3, 14}},
      {"P-1Y-2M3DT-4H-5M-6S", {-(4 * 3600 + 5 * 60 + 6) * kSecond, 3, -14}},
      {"PT-0.000001S", {-1, 0, 0}},
      {"P-1D", {0, -1, 0}},
      {"PT2562047788H54.775807S", {INT64_MAX - 54 * 0, 0, 0}},
      {"P178956970Y7M2147483647D", {0, INT32_MAX, INT32_MAX}},
      {"P-178956970Y-8M-2147483648D", {0, INT32_MIN, INT32_MIN}},
      {"infinity", kIntervalInfinity},
      {"-infinity", kIntervalMinusInfinity},
  };
  for (const auto& [text, interval] : cases) {
    INFO(text);
    REQUIRE(parse_interval(text));
    CHECK(*parse_interval(text) == interval);
    CHECK(interval_text(interval) == text);
  }
}

TEST_CASE("any interval survives being printed and read") {
  std::mt19937_64 random(3);
  for (int round = 0; round < 20000; ++round) {
    const Interval interval{static_cast<int64_t>(random()) >> random() % 64, static_cast<int32_t>(random()) >> random() % 32,
                            static_cast<int32_t>(random()) >> random() % 32};
    INFO(interval_text(interval));
    REQUIRE(parse_interval(interval_text(interval)));
    CHECK(*parse_interval(interval_text(interval)) == interval);
  }
}

TEST_CASE("what is no interval is refused") {
  for (const char* text : {"",
                           "P",
                           "PT",
                           "1D",
                           "P1",
                           "P1Q",
                           "P1DT",
                           "PT1H1",
                           "P1H",
                           "PT1D",
                           "PTT1H",
                           "P1.5D",
                           "PT1.2345678S",
                           "PT.5S",
                           "PT1.S",
                           "P--1D",
                           "P9999999999D",
                           "P200000000Y",
                           "PT9223372036854775807H",
                           "PT99999999999999S",
                           "Infinity"}) {
    INFO(text);
    CHECK_FALSE(parse_interval(text));
  }
}
