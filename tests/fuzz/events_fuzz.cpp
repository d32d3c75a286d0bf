// Table maps, row events and compressed transactions of any bytes. The input: one byte for the server (even: MySQL), then events, each
// after its length in two bytes (little-endian).
#include <cstdint>

#include "unit/mysql/golden_events.h"

using namespace tidemark::mysql;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::vector<std::string> events;
  for (size_t at = 1; at + 2 <= size;) {
    const size_t length = std::min<size_t>(data[at] | data[at + 1] << 8, size - at - 2);
    events.emplace_back(reinterpret_cast<const char*>(data) + at + 2, length);
    at += 2 + length;
  }
  decode_events(events, data[0] % 2 == 0 ? kMysql97 : kMariadb1011);
  return 0;
}
