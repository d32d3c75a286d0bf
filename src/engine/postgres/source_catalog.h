// The tables that a PostgreSQL source captures, as they are now: columns, the key that the log's old rows carry (replica identity), and why
// a table cannot be captured. Free functions on the caller's connection (Role::source) and thread; throw Error.
#pragma once

#include <vector>

#include "engine/postgres/connection.h"
#include "tidemark/source.h"

namespace tidemark::postgres {

/// Sorted by name. A partitioned table is captured by its root, its partitions are not tables of their own. Throws Error(config |
/// credentials | server_settings | unsupported) whose hint is the statement that cures it.
std::vector<SchemaRef> describe_tables(Connection& connection, const TableSelection& selection);

}  // namespace tidemark::postgres
