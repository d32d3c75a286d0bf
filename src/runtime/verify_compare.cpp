#include "runtime/verify_compare.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <unordered_map>

#include "tidemark/error.h"

namespace tidemark {
namespace {

/// What is known of one key while its rows come in.
struct Slot {
  const KeyBytes* key = nullptr;
  const Value* source = nullptr;  // as the sink should hold it; null: the source has no such row
  uint64_t source_hash = 0;
  bool at_sink = false;
  std::vector<uint16_t> columns;
};

uint64_t row_hash(const TableSchema& schema, const Value* row) {
  std::string bytes;
  for (size_t i = 0; i < schema.columns.size(); ++i) encode_value(row[i], bytes);
  const uint64_t hash = XXH3_64bits(bytes.data(), bytes.size());
  return hash == 0 ? 1 : hash;  // 0 means "no row"
}

std::vector<uint16_t> differing_columns(const TableSchema& schema, const Value* expected, const Value* held) {
  std::vector<uint16_t> columns;
  for (uint16_t i = 0; i < schema.columns.size(); ++i) {
    if (!(expected[i] == held[i])) columns.push_back(i);
  }
  return columns;
}

class Comparison {
 public:
  Comparison(Sink& sink, uint32_t table, const TableSchema& schema) : sink_(sink), table_(table), schema_(schema) {}

  void add_source(const std::vector<KeyBytes>& keys, const std::vector<Row>& source) {
    slots_.resize(keys.size());
    std::unordered_map<KeyBytes, size_t> wanted;
    for (size_t i = 0; i < keys.size(); ++i) {
      slots_[i].key = &keys[i];
      wanted.emplace(keys[i], i);
    }
    for (Row row : source) {
      auto it = wanted.find(encode_key(schema_, row));
      if (it == wanted.end()) continue;  // 'ABC' given for 'abc' by a collation: another row
      Slot& slot = slots_[it->second];
      slot.source = represented(sink_, table_, schema_, row, arena_);
      slot.source_hash = row_hash(schema_, row);
    }
    for (size_t i = 0; i < slots_.size(); ++i) {
      const Slot& slot = slots_[i];
      by_sink_key_.emplace(slot.source != nullptr ? encode_key(schema_, slot.source) : key_at_sink(sink_, table_, schema_, *slot.key), i);
    }
  }

  void add_sink_row(Row row) {
    auto it = by_sink_key_.find(encode_key(schema_, row));
    if (it == by_sink_key_.end()) return;
    Slot& slot = slots_[it->second];
    slot.at_sink = true;
    if (slot.source != nullptr) slot.columns = differing_columns(schema_, slot.source, row);
  }

  std::vector<Finding> findings(bool proved) {
    std::vector<Finding> found;
    for (Slot& slot : slots_) {
      const bool at_source = slot.source != nullptr;
      if (at_source == slot.at_sink && slot.columns.empty()) continue;
      Finding finding;
      finding.key = *slot.key;
      finding.kind = !slot.at_sink ? Difference::missing : !at_source ? Difference::extra : Difference::different;
      finding.columns = std::move(slot.columns);
      finding.source_hash = slot.source_hash;
      finding.proved = proved;
      found.push_back(std::move(finding));
    }
    return found;
  }

 private:
  Sink& sink_;
  uint32_t table_;
  const TableSchema& schema_;
  Arena arena_;  // of represented values
  std::vector<Slot> slots_;
  std::unordered_map<KeyBytes, size_t> by_sink_key_;
};

std::string quoted(std::string_view text) {
  constexpr size_t kShownBytes = 64;
  // the quotes go through printable() too: it would cut spaces at the end, which tell keys apart
  if (text.size() <= kShownBytes) return printable("'" + std::string(text) + "'");
  size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return printable("'" + std::string(text.substr(0, end)) + "...'");
}

std::string hex(std::string_view bytes) {
  constexpr size_t kShownBytes = 32;
  std::string text = "0x";
  for (char c : bytes.substr(0, kShownBytes)) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return bytes.size() > kShownBytes ? text + "..." : text;
}

std::string clock(int64_t micros) {
  const bool negative = micros < 0;
  const uint64_t all = negative ? uint64_t{0} - static_cast<uint64_t>(micros) : static_cast<uint64_t>(micros);
  const uint64_t seconds = all / 1000000;
  std::string text = fmt::format("{}{:02}:{:02}:{:02}", negative ? "-" : "", seconds / 3600, seconds / 60 % 60, seconds % 60);
  return all % 1000000 == 0 ? text : text + fmt::format(".{:06}", all % 1000000);
}

std::string value_text(const Value& value) {
  switch (value.kind()) {
    case ValueKind::absent: return "?";
    case ValueKind::null: return "NULL";
    case ValueKind::boolean: return value.int64() != 0 ? "true" : "false";
    case ValueKind::int64: return fmt::format("{}", value.int64());
    case ValueKind::uint64: return fmt::format("{}", value.uint64());
    case ValueKind::float32: return fmt::format("{}", value.float32());
    case ValueKind::float64: return fmt::format("{}", value.float64());
    case ValueKind::decimal: return std::string(value.bytes());
    case ValueKind::time: return "'" + clock(value.int64()) + "'";
    case ValueKind::date: {
      const Civil c = value.civil();
      return fmt::format("'{:04}-{:02}-{:02}'", c.year, int{c.month}, int{c.day});
    }
    case ValueKind::datetime:
    case ValueKind::timestamp: {
      const Civil c = value.civil();
      return fmt::format("'{:04}-{:02}-{:02} {}'", c.year, int{c.month}, int{c.day}, clock(c.micros));
    }
    case ValueKind::bytes:
    case ValueKind::bits:
    case ValueKind::uuid:
    case ValueKind::vector:
    case ValueKind::geometry: return hex(value.bytes());
    default: return quoted(value.bytes());
  }
}

}  // namespace

KeyBytes key_at_sink(Sink& sink, uint32_t table, const TableSchema& schema, const KeyBytes& key) {
  Arena arena;
  const std::vector<Value> values = decode_key(key, arena);
  Value* row = arena.allocate_row(schema.columns.size());
  for (size_t i = 0; i < schema.key.size(); ++i) row[schema.key[i]] = sink.represent(table, schema.key[i], values.at(i), arena);
  return encode_key(schema, row);
}

Value* represented(Sink& sink, uint32_t table, const TableSchema& schema, Row row, Arena& arena) {
  Value* copy = arena.allocate_row(schema.columns.size());
  for (uint32_t i = 0; i < schema.columns.size(); ++i) copy[i] = sink.represent(table, i, row[i], arena);
  return copy;
}

std::vector<Finding> compare_rows(SinkSide& sink, uint32_t table, const TableSchema& schema, const std::vector<KeyBytes>& keys,
                                  const SourceRows& source) {
  Comparison comparison(sink.sink(), table, schema);
  comparison.add_source(keys, source.rows);
  const Position position = sink.begin_at(source.place.high);
  sink.sink().read_keys(table, keys, [&](std::unique_ptr<RowBlock> block) {
    for (Row row : block->rows) comparison.add_sink_row(row);
    return true;
  });
  sink.end();
  return comparison.findings(source.place.same_as(position, {}));
}

std::vector<Finding> compare_rows(Sink& sink, uint32_t table, const TableSchema& schema, const std::vector<KeyBytes>& keys,
                                  const std::vector<Row>& source, const std::vector<Row>& held, bool proved) {
  Comparison comparison(sink, table, schema);
  comparison.add_source(keys, source);
  for (Row row : held) comparison.add_sink_row(row);
  return comparison.findings(proved);
}

std::string key_text(const TableSchema& schema, const KeyBytes& key) {
  Arena arena;
  const std::vector<Value> values = decode_key(key, arena);
  if (schema.key.size() == 1 && values.size() == 1) return value_text(values[0]);
  std::string text = "(";
  for (size_t i = 0; i < values.size(); ++i) text += (i == 0 ? "" : ", ") + value_text(values[i]);
  return text + ")";
}

}  // namespace tidemark
