// From what libpq reports to a tidemark::Error: kind by SQLSTATE, table and column where the server names them, never values.
// Free functions; the caller's thread.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <string>

#include "tidemark/error.h"

namespace tidemark::postgres {

/// Which end of a pipeline the server is: whose connection is lost, and whose grants are missing.
enum class Side : uint8_t { sink, source };

/// `doing`: what failed, e.g. "writing to shop.orders".
Error server_error(const PGresult* result, const PGconn* connection, const std::string& doing, Side side = Side::sink);
/// The connection itself is broken.
Error connection_error(const PGconn* connection, const std::string& doing, Side side = Side::sink);
/// A connection that could not be made: wrong password, unknown database, nothing listening.
Error connect_error(const PGconn* connection, const std::string& where, Side side = Side::sink);

inline ErrorKind unavailable(Side side) { return side == Side::sink ? ErrorKind::sink_unavailable : ErrorKind::source_unavailable; }

}  // namespace tidemark::postgres
