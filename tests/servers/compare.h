// Compares source tables with their copies in a sink by reading both whole, while nothing writes: the tests' own oracle, beside
// `tidemark verify`. Each side prints its values in a form that both can print (canonical.h); rows are compared as sets with counts.
#pragma once

#include <string>
#include <vector>

#include "servers/database.h"

namespace tidemark::test {

struct TablePair {
  std::string database, table;              // at the source; PostgreSQL's schema is the database here
  std::string target_schema, target_table;  // at the sink; no schema for SQLite
};

/// One line per difference, at most 20 a table: a missing column, or a row that only one side has. Empty: equal.
std::vector<std::string> compare_tables(DatabaseClient& source, DatabaseClient& sink, const std::vector<TablePair>& tables);

/// All base tables of a database with default target names: "<database>"."<table>" at a server, "<table>" in SQLite. Partitions are
/// part of their table.
std::vector<TablePair> tables_of(DatabaseClient& source, const std::string& database);

}  // namespace tidemark::test
