// Reads rows back for verify, as Values of the source's kinds. Owned by the sink, one thread; throws Error.
#pragma once

#include <vector>

#include "engine/postgres/connection.h"
#include "engine/postgres/target_table.h"
#include "tidemark/key.h"
#include "tidemark/source.h"

namespace tidemark::postgres {

class RowReader {
 public:
  explicit RowReader(Connection& connection) : connection_(connection) {}

  void read_keys(TargetTable& table, const std::vector<KeyBytes>& keys, const RowBlockSink& rows);
  void read_key_page(TargetTable& table, const KeyBytes& after, uint64_t limit, const RowBlockSink& rows);
  void read_whole(TargetTable& table, const RowBlockSink& rows);

 private:
  /// Hands rows over in blocks; `columns` are those that the result has. False: the sink wants no more.
  bool deliver(const TargetTable& table, const PGresult* result, const std::vector<size_t>& columns, const RowBlockSink& rows);

  Connection& connection_;
};

/// What the sink holds for a source value: encoded and decoded by the same codecs that write and read.
Value represent_value(TargetTable& table, size_t column, const Value& value, Arena& arena);

}  // namespace tidemark::postgres
