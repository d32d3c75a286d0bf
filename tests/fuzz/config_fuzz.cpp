// A configuration of any bytes is accepted, or refused with places and reasons; nothing else.
#include <cstdint>
#include <cstdlib>

#include "config/load.h"

using namespace tidemark;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  LoadOptions options;
  options.secrets_must_be_readable = false;
  try {
    parse_config_with({reinterpret_cast<const char*>(data), size}, "t.yaml", options);
  } catch (const ConfigError& error) {
    if (error.problems().empty()) std::abort();
    for (const Problem& problem : error.problems()) {
      if (problem.text.empty()) std::abort();
    }
  }
  return 0;
}
