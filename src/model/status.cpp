#include "tidemark/status.h"

namespace tidemark {

std::string_view state_name(PipelineState state) {
  switch (state) {
    case PipelineState::starting: return "starting";
    case PipelineState::copying: return "copying";
    case PipelineState::streaming: return "streaming";
    case PipelineState::reconnecting: return "reconnecting";
    case PipelineState::stopped: return "stopped";
    case PipelineState::failed: return "failed";
  }
  return "failed";
}

}  // namespace tidemark
