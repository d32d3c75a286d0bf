// The publication: which tables' changes the server puts into our stream. One that we make carries a comment that says so; one of the
// user's is checked and never altered. Free functions on the caller's connection (Role::source) and thread; throw Error(server_settings |
// credentials) whose hint is the statement that cures it.
// Source: PostgreSQL documentation, "CREATE PUBLICATION", "pg_publication_tables".
#pragma once

#include <string>
#include <vector>

#include "engine/postgres/connection.h"
#include "tidemark/schema.h"

namespace tidemark::postgres {

struct Publication {
  bool exists = false;
  bool ours = false;
  std::vector<TableName> lacking;  // captured tables that it does not publish, or would not under their own names
};

/// Also checks that it publishes every kind of change, and all rows and columns of `tables`.
Publication check_publication(Connection& connection, const std::string& name, const std::vector<SchemaRef>& tables);

/// Makes it, or adds what ours lacks. What a transaction did before that stays out of the stream, also when it ends afterwards.
void ensure_publication(Connection& connection, const std::string& name, const std::vector<SchemaRef>& tables);

/// Takes tables out of ours that are none of `tables`, by their relations: one that was renamed stays. Whatever speaks against it is
/// logged.
void publish_only(Connection& connection, const std::string& name, const std::vector<SchemaRef>& tables);

/// False: there is none, or it is the user's.
bool made_by_tidemark(Connection& connection, const std::string& name);
void drop_publication(Connection& connection, const std::string& name);

}  // namespace tidemark::postgres
