// Writes to MariaDB and MySQL. See tidemark/sink.h for the contract.
#pragma once

#include <memory>

#include "tidemark/config.h"
#include "tidemark/sink.h"

namespace tidemark {

/// Connects to nothing yet: failing begins with open().
std::unique_ptr<Sink> make_mysql_sink(const SinkConfig& config);

}  // namespace tidemark
