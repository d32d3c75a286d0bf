// Rows out of the tuples of pgoutput: a Value a captured column, in the arena of a batch. Pure; the caller's thread.
// Throws Error(corrupt | data) that names table and column, never a value.
#pragma once

#include <string_view>

#include "engine/postgres/pgoutput.h"
#include "engine/postgres/relations.h"
#include "tidemark/arena.h"
#include "tidemark/change.h"

namespace tidemark::postgres {

class TupleRows {
 public:
  /// `message` is what the tuples lie in: it is copied into `arena`, and the rows point there. `relation` has been agreed upon.
  TupleRows(const Relation& relation, const StreamedTable& table, std::string_view message, Arena& arena)
      : relation_(relation), table_(table), message_(message.data()), kept_(arena.copy(message).data()), arena_(arena) {}

  /// Every field; those of unchanged TOASTed values are absent.
  Value* whole(const Tuple& tuple) const { return row_of(tuple, false); }
  /// Only the columns of the replica identity: the others of such a tuple are NULL, whatever the row has.
  Value* identity(const Tuple& tuple) const { return row_of(tuple, true); }
  /// Only the key's columns of a row.
  Value* key(const Value* row) const;

 private:
  Value* row_of(const Tuple& tuple, bool only_identity) const;
  Value value_of(size_t column, const TupleField& field) const;

  const Relation& relation_;
  const StreamedTable& table_;
  const char *message_, *kept_;
  Arena& arena_;
};

}  // namespace tidemark::postgres
