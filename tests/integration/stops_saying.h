// A pipeline that must not go on: it ends by itself, and its log says why. Used by the one thread that runs the cases.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "servers/live_pipeline.h"
#include "support/catch.h"

namespace tidemark::test {

/// Stops with exit code 65 (the data or the server cannot be captured as they are; 78: the settings), and its log has all of `words`.
inline void stops_saying(LivePipeline& pipeline, const std::vector<std::string>& words, int expected = 65) {
  const int code = pipeline.exit_code(std::chrono::seconds(30));
  INFO(pipeline.daemon().log_tail());
  CHECK(code == expected);
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(pipeline.log_has(word));
  }
}

}  // namespace tidemark::test
