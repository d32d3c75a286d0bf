// A daemon status in which every field has a value of its own: what a test cannot tell apart it cannot check.
#pragma once

#include "tidemark/status.h"

namespace tidemark::control_test {

DaemonStatus sample_status();
/// One streaming, connected pipeline without errors.
PipelineStatus healthy_pipeline(const std::string& name);

}  // namespace tidemark::control_test
