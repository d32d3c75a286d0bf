// What the sink's catalog says of the target tables: columns, unique indexes, whether they are empty.
// Free functions on the caller's connection and thread; throw Error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/postgres/connection.h"
#include "engine/postgres/types.h"

namespace tidemark::postgres {

struct RelationName {
  std::string schema, table;
};

struct CatalogColumn {
  std::string name;
  SinkType type;
  bool not_null = false;
  bool has_default = false;
  bool generated = false;
  bool identity = false;
  bool identity_always = false;
};

struct CatalogIndex {
  std::string name;
  std::vector<std::string> columns;
  bool arbitrates = false;  // usable by ON CONFLICT: unique, valid, immediate, neither partial nor on expressions
};

struct CatalogTable {
  bool exists = false;
  char kind = 'r';  // pg_class.relkind
  std::vector<CatalogColumn> columns;
  std::vector<CatalogIndex> unique_indexes;
};

/// An array literal in text form: {"a","b"}.
std::string text_array(const std::vector<std::string>& items);

std::vector<CatalogTable> read_catalog(Connection& connection, const std::vector<RelationName>& names);
std::vector<bool> existing_schemas(Connection& connection, const std::vector<std::string>& names);
/// Whether rows were ever put in, by the table's size: quick, and one statement for all. False: there is none. True: there may be none any
/// more. Nothing where the size does not say (a table that is missing, partitioned, inherited from, or not kept in a heap).
std::vector<std::optional<bool>> ever_filled(Connection& connection, const std::vector<RelationName>& names);
/// Which of the tables hold no row; `quoted` are their quoted names.
std::vector<bool> empty_tables(Connection& connection, const std::vector<std::string>& quoted);

}  // namespace tidemark::postgres
