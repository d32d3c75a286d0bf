// What a WAL sender says when it refuses or ends the replication stream, as our errors. Pure.
#pragma once

#include <libpq-fe.h>

#include <string>

#include "tidemark/error.h"

namespace tidemark::postgres {

/// `result` may be null: the connection itself is broken.
Error stream_error(const PGresult* result, const PGconn* connection, const std::string& slot, const std::string& publication);
/// The publication was dropped: an error up to PostgreSQL 17, from 18 on a warning, and the changes are left out.
Error publication_missing(const std::string& cause, const std::string& publication);

}  // namespace tidemark::postgres
