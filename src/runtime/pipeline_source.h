// A source's configuration as one pipeline uses it: each pipeline is a replica of its own at the server, with a name, a server id and a
// slot of its own. Pure functions, any thread.
#pragma once

#include <string>

#include "tidemark/config.h"

namespace tidemark {

/// For the daemon. `memory_limit`: of the process, in bytes.
SourceConfig source_of_pipeline(SourceConfig config, const std::string& pipeline, uint64_t memory_limit);

/// For verify, which reads the same log beside the daemon without disturbing it.
SourceConfig source_of_verify(SourceConfig config, const std::string& pipeline);

}  // namespace tidemark
