// For one pair of engines: every type of the source at its edges, through the copy and through the stream.
#include "integration/pairs/pair.h"
#include "integration/type_checks.h"

using namespace tidemark::test;

TEST_CASE("every type at its edges", "[types]") {
  const auto source = make_source(kSource);
  TypeRoundTrip trip(*source, kSource == "postgres" ? postgres_type_tables(kSink) : all_type_tables(kSource), {kSink});
  check_copied(trip, {});
  trip.change();
  check_streamed(trip);
  check_end(trip);
}
