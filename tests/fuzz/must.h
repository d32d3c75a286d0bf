// What has to hold whatever the bytes are: the fuzz targets say it, and the fuzzer reports the input for which it does not. Any thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace tidemark::fuzz {

/// Ends the program unless `holds`; `what` is printed.
inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline std::string_view text_of(const uint8_t* data, size_t size) { return {reinterpret_cast<const char*>(data), size}; }

}  // namespace tidemark::fuzz
