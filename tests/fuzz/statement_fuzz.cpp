// A statement of any bytes is placed or called unknown, in every way of quoting.
#include <cstdint>
#include <string_view>

#include "engine/mysql/ddl_scanner.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (int mode = 0; mode < 4; ++mode) tidemark::mysql::scan_statement(text, "shop", (mode & 1) != 0, (mode & 2) != 0);
  return 0;
}
