#include "pipeline/row_ops.h"

namespace tidemark {

Row copy_row(const TableSchema& schema, Row row, Arena& arena) {
  if (row == nullptr) return nullptr;
  size_t n = schema.columns.size();
  Value* copy = arena.allocate_row(n);
  for (size_t i = 0; i < n; ++i) {
    copy[i] = row[i].has_bytes() ? Value::of_bytes(row[i].kind(), arena.copy(row[i].bytes())) : row[i];
  }
  return copy;
}

Row complete_row(const TableSchema& schema, Row base, Row patch, Arena& arena) {
  size_t n = schema.columns.size();
  Value* row = arena.allocate_row(n);
  for (size_t i = 0; i < n; ++i) row[i] = patch[i].is_absent() ? base[i] : patch[i];
  return row;
}

bool has_absent(const TableSchema& schema, Row row) {
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    if (row[i].is_absent()) return true;
  }
  return false;
}

}  // namespace tidemark
