#include "sim/tables.h"

#include <map>
#include <memory>

#include "sim/violation.h"

namespace tidemark::sim {

namespace {

const char* const kBytes[kSlots] = {"", "\x01", "A", "B", "Bc", "C", "a", "aa", "b", "\x7f", "\x80", "\xff"};
constexpr int64_t kInts[kSlots] = {-9'000'000'000, -2, -1, 0, 1, 2, 9, 10, 255, 256, 70'000, 9'000'000'000};
constexpr uint64_t kUnsigned[kSlots] = {0, 1, 2, 9, 10, 255, 256, 1ull << 40, 1ull << 62, 1ull << 63, (1ull << 63) + 1, ~0ull};
const char* const kSecond[3] = {"", "b", "ba"};
const Civil kTimes[kSlots] = {{0, 0, 0, 0},    {2023, 4, 30, 5},         {2023, 5, 0, 0}, {2023, 5, 1, 0},
                              {2023, 5, 1, 1}, {2023, 5, 1, 70'000'000}, {2023, 5, 2, 0}, {2023, 11, 1, 0},
                              {2024, 1, 1, 0}, {2024, 1, 31, 9},         {2024, 2, 1, 0}, {9999, 12, 31, 0}};
// In the order of a collation that ignores case: not the order of the bytes.
const char* const kLower[kSlots] = {"a", "ab", "b", "c", "d", "e", "f", "g", "h", "x", "y", "z"};
const char* const kUpper[kSlots] = {"A", "Ab", "B", "C", "D", "E", "F", "G", "H", "X", "Y", "Z"};
const char* const kTexts[] = {"t0", "t1: a little longer", "t2", "t3: what an insert stores", "t4"};

Value text(const char* s) { return Value::of_bytes(ValueKind::text, s); }
Value bytes(const char* s) { return Value::of_bytes(ValueKind::bytes, s); }

std::vector<Value> key_of(KeyKind kind, int slot, int spelling) {
  switch (kind) {
    case KeyKind::int64: return {Value::int64(kInts[slot])};
    case KeyKind::uint64: return {Value::uint64(kUnsigned[slot])};
    case KeyKind::bytes: return {bytes(kBytes[slot])};
    case KeyKind::datetime: return {Value::datetime(kTimes[slot], 6)};
    case KeyKind::composite: return {Value::int64(slot / 3 - 1), bytes(kSecond[slot % 3])};
    case KeyKind::collated: return {text(spelling == 0 ? kLower[slot] : kUpper[slot])};
    case KeyKind::float64: return {Value::float64(-2.5 + slot * 0.75)};
    default: return {};
  }
}

Column column(const char* name, ValueKind kind, bool order_known) {
  Column c;
  c.name = name;
  c.kind = kind;
  c.order_known = order_known;
  return c;
}

/// Key columns are not the first ones, and not in the order of the key.
std::shared_ptr<TableSchema> make_schema(int table, KeyKind kind, TableShape& shape) {
  auto s = std::make_shared<TableSchema>();
  s->name = {"d", "t" + std::to_string(table)};
  Column t = column("t", ValueKind::text, false);
  t.large_object = true;
  encode_value(text(kTexts[kDefaultT]), t.default_value);
  if (kind == KeyKind::none) {
    s->columns = {column("id", ValueKind::int64, true), t};
    shape.col_t = 1;
    return s;
  }
  Column a = column("a", ValueKind::int64, true), u = column("u", ValueKind::int64, true);
  const std::vector<Value> key = key_of(kind, 0, 0);
  s->columns = {a, column("k", key.back().kind(), provable(kind)), t, u};
  s->key = {1};
  if (key.size() == 2) {
    s->columns.push_back(column("k0", key.front().kind(), true));
    s->key = {4, 1};
  }
  s->key_origin = KeyOrigin::primary;
  shape.col_t = 2;
  shape.col_u = 3;
  return s;
}

}  // namespace

const char* name_of(KeyKind kind) {
  constexpr const char* kNames[] = {"none", "int64", "uint64", "bytes", "datetime", "composite", "collated", "float64"};
  return kNames[static_cast<size_t>(kind)];
}

const TableShape& shape_of(int table, KeyKind kind, bool unique) {
  static std::map<std::tuple<int, KeyKind, bool>, std::unique_ptr<TableShape>> shapes;
  auto& made = shapes[{table, kind, unique}];
  if (!made) {
    made = std::make_unique<TableShape>();
    made->kind = kind;
    made->unique = unique;
    made->schema = make_schema(table, kind, *made);
    for (int place = 0; place < 2 * kSlots; ++place) {
      const auto i = static_cast<size_t>(place);
      made->keys[i] = key_of(kind, place / 2, place % 2);
      for (const Value& v : made->keys[i]) encode_value(v, made->encoded[i]);
    }
  }
  return *made;
}

Value* TableShape::make_row(Arena& arena, int slot, const Cell& cell, uint8_t parts) const {
  Value* row = arena.allocate_row(schema->columns.size());
  if (kind == KeyKind::none) {
    if (parts & part_key) row[0] = Value::int64(slot / 3);
    if (parts & part_t) row[1] = slot % 3 == 2 ? Value::null() : Value::of_bytes(ValueKind::text, arena.copy(kTexts[slot % 3]));
    return row;
  }
  if (parts & part_key) {
    const std::vector<Value>& key = keys[static_cast<size_t>(slot * 2 + cell.spelling)];
    for (size_t i = 0; i < key.size(); ++i) {
      row[schema->key[i]] = key[i].has_bytes() ? Value::of_bytes(key[i].kind(), arena.copy(key[i].bytes())) : key[i];
    }
  }
  if (parts & part_a) row[col_a] = Value::int64(cell.a);
  if (parts & part_t) row[col_t] = cell.t < 0 ? Value::null() : Value::of_bytes(ValueKind::text, arena.copy(kTexts[cell.t]));
  if (parts & part_u) row[col_u] = cell.u < 0 ? Value::null() : Value::int64(cell.u);
  return row;
}

int TableShape::place_of(Row row) const {
  if (kind == KeyKind::none) {
    const bool null = row[1].is_null();
    if (row[0].kind() != ValueKind::int64 || row[1].is_absent()) throw Violation("a row of a table without key is not whole");
    return (static_cast<int>(row[0].int64()) * 3 + (null ? 2 : row[1].bytes()[1] - '0')) * 2;
  }
  const int spellings = kind == KeyKind::collated ? 1 : 2;
  for (int place = 0; place < 2 * kSlots; place += spellings) {
    const std::vector<Value>& key = keys[static_cast<size_t>(place)];
    bool same = true;
    for (size_t i = 0; i < key.size(); ++i) same = same && key[i] == row[schema->key[i]];
    if (same) return place;
  }
  throw Violation("a row has a key that the source never had");
}

int TableShape::place_of(const KeyBytes& key) const {
  for (size_t place = 0; place < encoded.size(); ++place) {
    if (encoded[place] == key) return static_cast<int>(place);
  }
  throw Violation("a bound that the source never gave");
}

void TableShape::take(Row row, Cell& cell) const {
  cell.count = 1;
  if (kind == KeyKind::none) return;
  if (!row[col_a].is_absent()) cell.a = static_cast<uint32_t>(row[col_a].int64());
  if (!row[col_t].is_absent()) cell.t = static_cast<int8_t>(row[col_t].is_null() ? -1 : row[col_t].bytes()[1] - '0');
  if (!row[col_u].is_absent()) cell.u = static_cast<int8_t>(row[col_u].is_null() ? -1 : row[col_u].int64());
}

bool TableShape::in_range(int slot, const KeyRange& range) const {
  if (range.only) return place_of(*range.only) / 2 == slot;
  if (range.after && slot <= place_of(*range.after) / 2) return false;
  return !range.upto || slot <= place_of(*range.upto) / 2;
}

}  // namespace tidemark::sim
