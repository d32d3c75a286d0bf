// The simulator's tables: a few keys each, of a kind whose order and spelling a server knows and tidemark may not. Rows are kept as Cells;
// make_row() and cell_of() turn them into what the core sees and back. Shapes are made once and never change: any thread may use them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tidemark/change.h"
#include "tidemark/key.h"

namespace tidemark::sim {

constexpr int kSlots = 12;  // keys of a table
constexpr int kTablesMax = 3;

/// A row. Tables without key: how many of exactly this row there are.
struct Cell {
  uint32_t a = 0;  // never the same twice
  int8_t t = -1;   // large object, -1: NULL
  int8_t u = -1;   // unique where the table says so, -1: NULL
  uint8_t spelling = 0;
  uint8_t count = 0;  // 0: there is no such row
  friend bool operator==(const Cell&, const Cell&) = default;
};
using Rows = std::array<Cell, kSlots>;  // in the order of the server
using Database = std::array<Rows, kTablesMax>;
using SinkRows = std::array<Cell, size_t{2} * kSlots>;  // slot * 2 + spelling: other bytes are another key there
using SinkDatabase = std::array<SinkRows, kTablesMax>;

enum class KeyKind : uint8_t {
  none,
  int64,
  uint64,
  bytes,
  datetime,
  composite,
  collated,  // the server's order is not that of the bytes, and two spellings of a key are equal to it
  float64,
  count,
};
constexpr bool provable(KeyKind kind) { return kind != KeyKind::collated && kind != KeyKind::float64; }
const char* name_of(KeyKind kind);

/// Columns of a row image.
enum Part : uint8_t { part_key = 1, part_a = 2, part_t = 4, part_u = 8, part_all = 15 };

constexpr int8_t kDefaultT = 3;  // what an INSERT stores that leaves `t` out

struct TableShape {
  KeyKind kind = KeyKind::int64;
  bool unique = false;  // no two rows have the same `u`, at the sink as well
  SchemaRef schema;
  uint16_t col_a = 0, col_t = 0, col_u = 0;
  std::array<std::vector<Value>, size_t{2} * kSlots> keys;  // slot * 2 + spelling
  std::array<KeyBytes, size_t{2} * kSlots> encoded;

  bool has_key() const { return kind != KeyKind::none; }
  /// Columns that are not in `parts` are absent.
  Value* make_row(Arena& arena, int slot, const Cell& cell, uint8_t parts) const;
  /// slot * 2 + spelling of the row's key. Throws Violation when there is no such key. Tables without key: the slot of the row.
  int place_of(Row row) const;
  int place_of(const KeyBytes& key) const;
  /// What the row says besides its key; absent columns keep the value they have in `cell`.
  void take(Row row, Cell& cell) const;
  bool in_range(int slot, const KeyRange& range) const;
};

/// The shape of table number `table`; made on first use.
const TableShape& shape_of(int table, KeyKind kind, bool unique);

}  // namespace tidemark::sim
