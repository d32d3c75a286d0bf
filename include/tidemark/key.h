// Row keys: taking them out of rows, comparing and hashing them, and a byte form for the state file and the sink.
// Pure functions and value types; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tidemark/arena.h"
#include "tidemark/schema.h"
#include "tidemark/value.h"

namespace tidemark {

/// Key values in the byte form of encode_values: owns its bytes, comparable for equality only (never for order).
using KeyBytes = std::string;

/// Byte form of any values, reversible and unambiguous; -0.0 is written as 0.0 so that equal keys have equal bytes.
void encode_value(const Value& value, std::string& out);
KeyBytes encode_key(const TableSchema& schema, const Value* row);
/// Key values only (schema.key.size() of them), bytes copied into `arena`. Throws Error(kind state) on malformed bytes.
std::vector<Value> decode_key(std::string_view bytes, Arena& arena);

/// True when a key column of `row` is absent.
bool key_absent(const TableSchema& schema, const Value* row);
bool same_key(const TableSchema& schema, const Value* row_a, const Value* row_b);
uint64_t hash_key(const TableSchema& schema, const Value* row);
/// Three-way order of a row's key against key values, as the server orders them. Only for schemas with key_provable().
int compare_key(const TableSchema& schema, const Value* row, const Value* key_values);
/// The same between the keys of two rows.
int compare_rows(const TableSchema& schema, const Value* row_a, const Value* row_b);
int compare_key_values(const Value* a, const Value* b, size_t n);

/// Keys k with after < k <= upto in the server's order. No `after`: open below; no `upto`: open above.
struct KeyRange {
  std::optional<KeyBytes> after;
  std::optional<KeyBytes> upto;
  /// Set for a chunk that one change made (design 2.3): exactly this key; `after` and `upto` are not used.
  std::optional<KeyBytes> only;
  bool whole_table() const { return !after && !upto && !only; }
  friend bool operator==(const KeyRange&, const KeyRange&) = default;
};

/// For people: "(17, 'a') < key <= (42, 'b')" with the VALUES LEFT OUT unless `show`; default shows only which ends are open.
std::string range_text(const KeyRange& range);

}  // namespace tidemark
