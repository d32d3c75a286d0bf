// A pipeline that must not go on: it ends by itself, and its log says why. Used by the one thread that runs the cases.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "servers/live_pipeline.h"
#include "support/catch.h"

namespace tidemark::test {

/// Stops with exit code 65 (the data or the server cannot be captured as they are), and its log has all of `words`.
inline void stops_saying(LivePipeline& pipeline, const std::vector<std::string>& words) {
  const int code = pipeline.exit_code(std::chrono::seconds(30));
  INFO(pipeline.daemon().log_tail());
  CHECK(code == 65);
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(pipeline.log_has(word));
  }
}

}  // namespace tidemark::test
