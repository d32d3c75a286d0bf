// The SQLite sink engine. The returned Sink follows the contract of tidemark/sink.h.
#pragma once

#include <memory>

#include "tidemark/config.h"
#include "tidemark/sink.h"

namespace tidemark {

std::unique_ptr<Sink> make_sqlite_sink(const SinkConfig& config);

}  // namespace tidemark
