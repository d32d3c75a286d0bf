// The Source of the engine name postgres. Holds no connection between calls: each function opens its own and closes it, and the readers
// that it makes have theirs. One thread, except cancel().
#pragma once

#include <memory>

#include "tidemark/config.h"
#include "tidemark/source.h"

namespace tidemark {

std::unique_ptr<Source> make_postgres_source(const SourceConfig& config);

}  // namespace tidemark
