#include <cstdlib>

#include "law_model.h"
#include "support/catch.h"

using namespace tidemark;

namespace {
void run(uint64_t seed) {
  try {
    law::History(seed).run();
  } catch (const std::exception& e) {
    FAIL("seed " << seed << ": " << e.what());
  }
}
}  // namespace

TEST_CASE("random histories end equal and show only states that the source had") {
  const char* text = std::getenv("TIDEMARK_LAW_SEEDS");
  uint64_t seeds = text != nullptr ? std::strtoull(text, nullptr, 10) : 20000;
  const char* first_text = std::getenv("TIDEMARK_LAW_FIRST");
  uint64_t first = first_text != nullptr ? std::strtoull(first_text, nullptr, 10) : 0;
  for (uint64_t seed = first; seed < first + seeds; ++seed) run(seed);
  run(53023);  // a key is read again while a change waits for its read
  SUCCEED();
}
