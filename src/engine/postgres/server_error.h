// From what libpq reports to a tidemark::Error: kind by SQLSTATE, table and column where the server names them, never values.
// Free functions; the caller's thread.
#pragma once

#include <libpq-fe.h>

#include <string>

#include "tidemark/error.h"

namespace tidemark::postgres {

/// `doing`: what failed, e.g. "writing to shop.orders".
Error server_error(const PGresult* result, const PGconn* connection, const std::string& doing);
/// The connection itself is broken.
Error connection_error(const PGconn* connection, const std::string& doing);
/// A connection that could not be made: wrong password, unknown database, nothing listening.
Error connect_error(const PGconn* connection, const std::string& where);

}  // namespace tidemark::postgres
