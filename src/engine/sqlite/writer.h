// Applies the steps of a batch inside a transaction that its caller opens and closes. One thread; throws Error, and then the caller rolls
// back. Rows are bound where they lie in the batch's arena, nothing is copied.
#pragma once

#include <vector>

#include "engine/sqlite/catalog.h"
#include "engine/sqlite/connection.h"
#include "engine/sqlite/dialect.h"
#include "engine/sqlite/statement_cache.h"
#include "tidemark/sink.h"

namespace tidemark::sqlite {

class Writer {
 public:
  explicit Writer(Connection& connection) : connection_(connection) {}

  void apply(const TableStep& step, const Target& target);
  /// Before the connection is closed, or when the targets change.
  void forget_statements() { statements_.clear(); }

 private:
  void empty_table(const TableStep& step, const Target& target);
  void delete_rows(const TableStep& step, const Target& target);
  void upsert_rows(uint32_t table, const std::vector<Row>& rows, const Target& target);
  void load_rows(uint32_t table, const std::vector<Row>& rows, const Target& target);
  void patch_rows(const TableStep& step, const Target& target);
  void apply_sequence(const TableStep& step, const Target& target);
  void apply_unkeyed(uint32_t table, const Change& change, const Target& target);

  /// Binds a row's columns to parameters `first`..
  void bind_row(Statement& statement, int first, Row row, const Target& target);
  void bind_columns(Statement& statement, int first, Row row, const Columns& columns, const Target& target);
  void bind_one(Statement& statement, int index, const Value& value, const Target& target, size_t column);
  /// Before the first bind of a statement: slots must not move while SQLite points at them.
  void reserve_slots(size_t parameters);
  void step_once(Statement& statement);

  Connection& connection_;
  StatementCache statements_;
  std::vector<char> slots_;  // kTextFormBytes for each parameter
};

}  // namespace tidemark::sqlite
