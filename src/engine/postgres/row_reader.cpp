#include "engine/postgres/row_reader.h"

#include <fmt/format.h>

#include <cstring>

#include "engine/postgres/binary_decoding.h"
#include "engine/postgres/numeric_range.h"
#include "engine/postgres/row_sql.h"

namespace tidemark::postgres {
namespace {

constexpr size_t kBlockBytes = 1u << 20;
constexpr size_t kKeysAtOnce = 5000;
const std::string kReading = "reading rows back from the sink";

std::vector<size_t> all_columns(const TargetTable& table) {
  std::vector<size_t> columns(table.columns.size());
  for (size_t i = 0; i < columns.size(); ++i) columns[i] = i;
  return columns;
}

std::vector<size_t> key_columns(const TargetTable& table) { return {table.schema->key.begin(), table.schema->key.end()}; }

}  // namespace

bool RowReader::deliver(const TargetTable& table, const PGresult* result, const std::vector<size_t>& columns, const RowBlockSink& rows) {
  auto block = std::make_unique<RowBlock>();
  for (int r = 0; r < PQntuples(result); ++r) {
    Value* row = block->arena.allocate_row(table.columns.size());
    for (size_t i = 0; i < columns.size(); ++i) {
      const int field = static_cast<int>(i);
      const size_t c = columns[i];
      row[c] = PQgetisnull(result, r, field)
                   ? Value::null()
                   : decode_field(table.schema->columns[c], table.columns[c].type, field_of(result, r, field), block->arena);
    }
    block->rows.push_back(row);
    if (block->bytes() < kBlockBytes) continue;
    if (!rows(std::move(block))) return false;
    block = std::make_unique<RowBlock>();
  }
  return block->rows.empty() || rows(std::move(block));
}

void RowReader::read_keys(TargetTable& table, const std::vector<KeyBytes>& keys, const RowBlockSink& rows) {
  const std::vector<size_t> key = key_columns(table);
  std::string names, on;
  for (size_t i = 0; i < key.size(); ++i) {
    names += fmt::format("{}k{}", i > 0 ? "," : "", i);
    on += (i > 0 ? " AND " : "") + key_equals(table, key[i], fmt::format("u.k{}", i));
  }
  const std::string sql =
      fmt::format("SELECT {} FROM {} u({}) JOIN {} t ON {}", table.read_list("t."), unnest_call(table, key), names, table.quoted, on);
  for (size_t from = 0; from < keys.size(); from += kKeysAtOnce) {
    const size_t to = std::min(keys.size(), from + kKeysAtOnce);
    std::vector<ByteBuffer> arrays(key.size());
    for (size_t i = 0; i < key.size(); ++i) {
      arrays[i].reserve_more(20);
      for (uint32_t word : {uint32_t{1}, uint32_t{1}, table.columns[key[i]].parameter_oid(), static_cast<uint32_t>(to - from), uint32_t{1}})
        arrays[i].put32(word);
    }
    Arena arena;
    for (size_t k = from; k < to; ++k) {
      const std::vector<Value> values = decode_key(keys[k], arena);
      for (size_t i = 0; i < key.size(); ++i) table.encode(key[i], values.at(i), arrays[i]);
    }
    Params params;
    for (const ByteBuffer& array : arrays) params.add_binary(array.view());
    Result result = connection_.run(sql, params, kReading.c_str(), true);
    if (!deliver(table, result.get(), all_columns(table), rows)) return;
  }
}

void RowReader::read_key_page(TargetTable& table, const KeyBytes& after, uint64_t limit, const RowBlockSink& rows) {
  const std::vector<size_t> key = key_columns(table);
  const std::string list = table.key_list();
  std::string where;
  ByteBuffer fields;
  Params params;
  if (!after.empty()) {
    Arena arena;
    const std::vector<Value> values = decode_key(after, arena);
    std::vector<size_t> starts;
    std::string places;
    for (size_t i = 0; i < key.size(); ++i) {
      starts.push_back(fields.size());
      table.encode(key[i], values.at(i), fields);
      const TargetColumn& column = table.columns[key[i]];
      places += (i > 0 ? "," : "") + column.typed(fmt::format("${}::{}", i + 1, column.parameter_type()));
    }
    starts.push_back(fields.size());
    for (size_t i = 0; i < key.size(); ++i) params.add_binary(fields.view().substr(starts[i] + 4, starts[i + 1] - starts[i] - 4));
    where = fmt::format("WHERE ({}) > ({})", list, places);
  }
  std::string read;
  for (size_t i : key) read += (read.empty() ? "" : ",") + table.columns[i].read_from(table.columns[i].quoted);
  Result result = connection_.run(fmt::format("SELECT {} FROM {} {} ORDER BY {} LIMIT {}", read, table.quoted, where, list, limit), params,
                                  kReading.c_str(), true);
  deliver(table, result.get(), key, rows);
}

void RowReader::read_whole(TargetTable& table, const RowBlockSink& rows) {
  connection_.run(fmt::format("DECLARE tidemark_rows BINARY NO SCROLL CURSOR FOR SELECT {} FROM {}", table.read_list(), table.quoted),
                  kReading.c_str());
  for (;;) {
    Result result = connection_.run("FETCH 2000 FROM tidemark_rows", kReading.c_str());
    if (PQntuples(result.get()) == 0 || !deliver(table, result.get(), all_columns(table), rows)) break;
  }
  connection_.run("CLOSE tidemark_rows", kReading.c_str());
}

namespace {

/// A column with a precision prints every number with its own scale, whatever the number was given with.
void take_scale(int32_t modifier, ByteBuffer& field) {
  constexpr size_t kScaleAt = 4 + 3 * 2;  // behind the length, the count of digits, the weight and the sign
  if (field.size() < kScaleAt + 2 || modifier < 0) return;
  if (static_cast<uint8_t>(field.data()[kScaleAt - 2]) >= 0xc0) return;  // NaN
  const uint16_t scale = to_big(static_cast<uint16_t>(numeric_scale(modifier)));
  std::memcpy(field.data() + kScaleAt, &scale, sizeof scale);
}

}  // namespace

Value represent_value(TargetTable& table, size_t column, const Value& value, Arena& arena) {
  if (value.is_absent() || value.is_null()) return value;
  ByteBuffer field;
  table.encode(column, value, field);
  if (field.size() == 4 && field.data()[0] == '\xff') return Value::null();
  if (table.columns[column].codec.wire == WireType::numeric) take_scale(table.columns[column].type.modifier, field);
  return decode_field(table.schema->columns[column], table.columns[column].type, field.view().substr(4), arena);
}

}  // namespace tidemark::postgres
