// What a running daemon says of its (only) pipeline, asked with `tidemark status --json`. Plain functions.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark::test {

struct PipelineView {
  bool answers = false;  // there is a daemon that answers
  std::string state;     // as in the answer: copying, streaming, failed ...
  std::string reason;    // one line beside the state
  std::string error;     // the last one, with its hint
  std::string position_read;
  uint64_t tables_left = 0, tables_streaming = 0;
  uint64_t chunks_done = 0, chunks_resumed = 0;  // all, and those of earlier runs
  uint64_t rows_copied = 0;
  uint64_t changes_read = 0, changes_applied = 0, changes_dropped = 0;

  bool copied() const { return answers && tables_left == 0 && tables_streaming != 0; }
};

PipelineView view_pipeline(const std::string& config_file);

}  // namespace tidemark::test
