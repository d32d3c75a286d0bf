// The types of PostgreSQL's own columns at a target that may lack them: enums are created, domains give way to the type below them, what
// an extension or a user has to bring is asked for. Owned by prepare(), one thread; throws Error(data) with the cure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/postgres/connection.h"
#include "tidemark/sink.h"

namespace tidemark::postgres {

class NativeTypes {
 public:
  /// Looks up the types of all columns of tables that are to be created, and creates the enums that are missing.
  NativeTypes(Connection& connection, const std::vector<const SinkTable*>& tables);
  /// What CREATE TABLE says for a column.
  std::string type_of(const SinkTable& table, size_t column) const;

 private:
  void look_up(Connection& connection, const std::vector<std::string>& names);
  void create_enums(Connection& connection, const std::vector<const SinkTable*>& tables);

  std::set<std::string> known_;
};

}  // namespace tidemark::postgres
