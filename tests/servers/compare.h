// Compares source tables with their copies in a sink by reading both whole, while nothing writes: the tests' own oracle, beside
// `tidemark verify`. Each side prints its values in a form that both can print (canonical.h); rows are compared as sets with counts.
#pragma once

#include <string>
#include <vector>

#include "servers/mysql_client.h"
#include "servers/postgres_client.h"
#include "servers/sqlite_file.h"

namespace tidemark::test {

struct TablePair {
  std::string database, table;              // at the source
  std::string target_schema, target_table;  // at the sink; no schema for SQLite
};

/// One line per difference, at most 20 a table: a missing column, or a row that only one side has. Empty: equal.
std::vector<std::string> compare_tables(MysqlClient& source, PostgresClient& sink, const std::vector<TablePair>& tables);
std::vector<std::string> compare_tables(MysqlClient& source, SqliteFile& sink, const std::vector<TablePair>& tables);

/// All base tables of a database with default target names: "<database>"."<table>" in PostgreSQL, "<table>" in SQLite.
std::vector<TablePair> tables_of(MysqlClient& source, const std::string& database);

}  // namespace tidemark::test
