// `tidemark snapshot`: one pipeline's copy, consistent at one position, then the end. Called by cli on the main thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tidemark/config.h"
#include "tidemark/engine.h"
#include "tidemark/status.h"

namespace tidemark {

struct SnapshotOptions {
  std::string pipeline;
  std::vector<std::string> tables;                      // empty: all of the pipeline's
  std::function<void(const PipelineStatus&)> progress;  // about 5 times a second on the calling thread, and once at the end
};

/// Returns the last status; its position_applied is where the copy is consistent. Throws Error; kind interrupted after a stop signal
/// (what was copied stays, and the next run goes on from there).
PipelineStatus run_snapshot(const Config& config, const Engines& engines, const SnapshotOptions& options);

}  // namespace tidemark
