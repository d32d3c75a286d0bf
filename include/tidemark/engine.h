// The engines that this binary has. cli passes this list to the runtime; nothing registers itself. Built once, immutable afterwards, any
// thread. What `make` gives belongs to the caller; it has connected to nothing yet: failing begins there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tidemark/config.h"
#include "tidemark/sink.h"
#include "tidemark/source.h"

namespace tidemark {

struct SourceEngine {
  std::string name;  // as in `engine:`
  std::unique_ptr<Source> (*make)(const SourceConfig& config);
};
struct SinkEngine {
  std::string name;
  std::unique_ptr<Sink> (*make)(const SinkConfig& config);
};
struct Engines {
  std::vector<SourceEngine> sources;
  std::vector<SinkEngine> sinks;
};

}  // namespace tidemark
