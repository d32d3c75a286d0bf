// The steps of a type round trip (types/type_round_trip.h), with what is wrong as messages of the test. For a binary of tests.
#pragma once

#include <string>
#include <vector>

#include "support/catch.h"
#include "types/type_round_trip.h"

namespace tidemark::test {

using Lines = std::vector<std::string>;

inline std::string joined(const Lines& lines) {
  constexpr size_t kShown = 60;
  std::string out;
  for (size_t i = 0; i < lines.size() && i < kShown; ++i) out += lines[i] + "\n";
  return lines.size() > kShown ? out + "and " + std::to_string(lines.size() - kShown) + " more" : out;
}

inline void check_differences(TypeRoundTrip& trip) {
  const Lines differences = trip.differences();
  INFO(joined(differences));
  CHECK(differences.empty());
}

inline void check_streamed(TypeRoundTrip& trip) {
  const bool streamed = trip.wait_for_stream();
  INFO(trip.log());
  REQUIRE(streamed);
  check_differences(trip);
}

inline void check_copied(TypeRoundTrip& trip, const TypeRoundTrip::Environment& environment) {
  const bool copied = trip.copy(environment);
  INFO(trip.log());
  REQUIRE(copied);
}

inline void check_end(TypeRoundTrip& trip) {
  const Lines verified = trip.verify();
  INFO(joined(verified));
  CHECK(verified.empty());
  for (const int code : trip.stop()) CHECK(code == 0);
}

}  // namespace tidemark::test
