// The PostgreSQL sink.
#pragma once

#include <memory>

#include "tidemark/config.h"
#include "tidemark/sink.h"

namespace tidemark {

std::unique_ptr<Sink> make_postgres_sink(const SinkConfig& config);

}  // namespace tidemark
