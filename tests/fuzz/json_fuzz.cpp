// Binary JSON and partial updates of any bytes. The first byte of the input says how much of the rest is the document; what follows it is
// the list of changes.
#include <cstdint>

#include "engine/mysql/json_binary.h"
#include "engine/mysql/json_diff.h"

using namespace tidemark::mysql;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t split = rest.size() * data[0] / 255;
  std::string before, after, why;
  if (print_json(rest.substr(0, split), before)) apply_json_diffs(before, rest.substr(split), after, why);
  return 0;
}
