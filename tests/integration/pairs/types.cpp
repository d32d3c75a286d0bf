// For one pair of engines: every type of the source at its edges, through the copy and through the stream, and as a key.
#include "integration/pairs/pair.h"
#include "integration/type_checks.h"
#include "types/key_types.h"

using namespace tidemark::test;

namespace {

std::unique_ptr<DatabaseServer> new_source() {
  PostgresOptions postgres;
#ifdef TIDEMARK_OTHER_POSTGRES  // the binaries that try the same on another major version
  postgres.other_version = true;
#endif
  return make_source(kSource, {}, postgres);
}

}  // namespace

TEST_CASE("every type at its edges", "[types]") {
  const auto source = new_source();
  auto tables = kSource == "postgres" ? postgres_type_tables(kSink) : all_type_tables(kSource);
  if (kSource != "postgres" && kSource != kSink) tables = held_by_both(std::move(tables));
  TypeRoundTrip trip(*source, std::move(tables), {kSink});
  const bool keys = kSource == "postgres";
  if (keys) trip.execute(key_type_tables(kSource));
  check_copied(trip, {});
  trip.change();
  if (keys) trip.execute(key_type_changes(kSource));
  check_streamed(trip);
  const auto undocumented = keys ? trip.undocumented(TYPE_TABLES, kSource) : Lines();
  INFO(joined(undocumented));
  CHECK(undocumented.empty());
  check_end(trip);
}
