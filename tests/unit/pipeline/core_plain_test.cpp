// The plain mode (exactly_once: false) at the core.
#include "support/catch.h"
#include "tidemark/error.h"
#include "unit/pipeline/one_table.h"

using namespace tidemark;
using namespace tidemark::pipeline_test;

TEST_CASE("the plain mode does not repeat a moved key of which only a part is known") {
  CoreOptions options;
  options.exactly_once = false;
  Core core = core_of(true, options);
  try {
    core.on_log(moved_key(2, 1, 2));
    FAIL("it was taken");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::unsupported);
    CHECK(error.hint().find("exactly_once: true") != std::string::npos);
  }
}
