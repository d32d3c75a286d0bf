#include "engine/mysql/sink_row_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "engine/mysql/result_row.h"
#include "engine/mysql/sink_decoding.h"

namespace tidemark::mysql {
namespace {

constexpr size_t kBlockBytes = 1u << 20;
constexpr size_t kKeysAtOnce = 500;

std::vector<uint16_t> all_columns(const SinkTarget& target) {
  std::vector<uint16_t> columns(target.columns.size());
  for (size_t i = 0; i < columns.size(); ++i) columns[i] = static_cast<uint16_t>(i);
  return columns;
}

/// Rows with only the columns of a key.
Row key_row(const SinkTarget& target, const KeyBytes& key, Arena& arena) {
  Value* row = arena.allocate_row(target.columns.size());
  const std::vector<Value> values = decode_key(key, arena);
  for (size_t i = 0; i < target.schema->key.size(); ++i) row[target.schema->key[i]] = values.at(i);
  return row;
}

}  // namespace

bool SinkRowReader::deliver(const SinkTarget& target, const std::string& sql, const std::vector<uint16_t>& columns,
                            const RowBlockSink& rows) {
  ResultStream stream(session_.connection(), sql);
  const SinkRowDecoder decoder(target.codecs, columns, stream.fields());
  auto block = std::make_unique<RowBlock>();
  for (;;) {
    const std::string_view packet = stream.next();
    if (stream.at_end()) break;
    Value* row = block->arena.allocate_row(target.columns.size());
    decoder.decode(packet, row, block->arena);
    block->rows.push_back(row);
    if (block->bytes() < kBlockBytes) continue;
    if (!rows(std::move(block))) {
      stream.drain(SIZE_MAX);
      return false;
    }
    block = std::make_unique<RowBlock>();
  }
  return block->rows.empty() || rows(std::move(block));
}

void SinkRowReader::read_keys(SinkTarget& target, const std::vector<KeyBytes>& keys, const RowBlockSink& rows) {
  for (size_t from = 0; from < keys.size(); from += kKeysAtOnce) {
    const size_t to = std::min(keys.size(), from + kKeysAtOnce);
    Arena arena;
    std::vector<Row> wanted;
    for (size_t k = from; k < to; ++k) wanted.push_back(key_row(target, keys[k], arena));
    std::string sql = fmt::format("SELECT {} FROM {} WHERE ", target.column_list(), target.quoted);
    target.append_keys_match(wanted, 0, wanted.size(), sql);
    if (!deliver(target, sql, all_columns(target), rows)) return;
  }
}

void SinkRowReader::read_key_page(SinkTarget& target, const KeyBytes& after, uint64_t limit, const RowBlockSink& rows) {
  std::string sql = fmt::format("SELECT {} FROM {}", target.key_list(), target.quoted);
  if (!after.empty()) {
    Arena arena;
    sql += " WHERE ";
    target.append_after(key_row(target, after, arena), sql);
  }
  sql += fmt::format(" ORDER BY {} LIMIT {}", target.order_list(), limit);
  deliver(target, sql, target.schema->key, rows);
}

void SinkRowReader::read_whole(SinkTarget& target, const RowBlockSink& rows) {
  deliver(target, fmt::format("SELECT {} FROM {}", target.column_list(), target.quoted), all_columns(target), rows);
}

}  // namespace tidemark::mysql
