// Which columns identify a row in the log: what PostgreSQL's REPLICA IDENTITY makes an UPDATE or DELETE carry of the old row.
// Pure functions; any thread. Throw Error(server_settings | config) whose hint is the statement that cures it.
// Source: PostgreSQL documentation, "ALTER TABLE", REPLICA IDENTITY.
#pragma once

#include <string>
#include <vector>

#include "tidemark/schema.h"

namespace tidemark::postgres {

struct IdentityFacts {
  char setting = 'd';                // pg_class.relreplident: default, full, index, nothing
  std::vector<std::string> primary;  // columns of the primary key, unless it is deferrable; empty: none
  std::vector<std::string> index;    // columns of the index of REPLICA IDENTITY USING INDEX; empty: none
};

/// A partition of a captured table: its own setting decides about what is logged.
struct LeafFacts {
  TableName name;
  char kind = 'r';         // pg_class.relkind
  char persistence = 'p';  // pg_class.relpersistence
  IdentityFacts identity;
};

/// Sets table.key and table.key_origin. `configured`: the key that the user named, or null.
void choose_key(TableSchema& table, const IdentityFacts& identity, const std::vector<std::string>* configured);
/// Every partition must log what the key of `table`, chosen already, needs.
void check_leaf(const TableSchema& table, const LeafFacts& leaf);

}  // namespace tidemark::postgres
