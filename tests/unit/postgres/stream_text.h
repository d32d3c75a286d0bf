// What a PostgreSQL log reader delivers, in a text form, put together from any number of batches. Tests only.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "tidemark/change.h"

namespace tidemark::postgres {

inline std::string value_text(const Value& value) {
  switch (value.kind()) {
    case ValueKind::absent: return "~";
    case ValueKind::null: return "NULL";
    case ValueKind::boolean: return value.int64() != 0 ? "true" : "false";
    case ValueKind::int64:
    case ValueKind::time: return std::to_string(value.int64());
    case ValueKind::uint64: return std::to_string(value.uint64());
    case ValueKind::float32: return fmt::format("{}", value.float32());
    case ValueKind::float64: return fmt::format("{}", value.float64());
    case ValueKind::date:
    case ValueKind::datetime:
    case ValueKind::timestamp: {
      const Civil c = value.civil();
      return fmt::format("{}-{}-{}+{}", c.year, c.month, c.day, c.micros);
    }
    case ValueKind::bytes:
    case ValueKind::uuid:
    case ValueKind::bits: {
      std::string out = "x";
      for (char c : value.bytes()) out += fmt::format("{:02X}", static_cast<unsigned>(static_cast<uint8_t>(c)));
      return out;
    }
    default: return std::string(value.bytes());
  }
}

inline std::string change_text(const Change& change, const TableSchema& schema) {
  auto row = [&](Row values) {
    std::string out;
    for (size_t i = 0; i < schema.columns.size(); ++i) out += (i == 0 ? "" : " | ") + value_text(values[i]);
    return out;
  };
  const std::string& table = schema.name.table;
  switch (change.op) {
    case Op::insert: return table + " insert " + row(change.after);
    case Op::update: return table + " update " + row(change.before) + " -> " + row(change.after);
    case Op::remove: return table + " remove " + row(change.before);
    case Op::truncate: return table + " truncate";
  }
  return {};
}

/// Transactions as they end up with whoever reads the batches. Throws std::logic_error where batches break what LogTransaction promises.
class Delivery {
 public:
  struct Transaction {
    TransactionMark mark;
    std::vector<std::string> changes;
  };

  void add(const LogBatch& batch, const std::vector<SchemaRef>& tables) {
    size_t changes = 0;
    for (const LogTransaction& part : batch.transactions) {
      if (part.starts == open_) throw std::logic_error("a part does not go on where the last one ended");
      if (part.first_change != changes) throw std::logic_error("changes between two transactions");
      changes += part.change_count;
      if (part.starts) transactions.emplace_back();
      Transaction& whole = transactions.back();
      if (!part.starts && whole.mark.begin != part.mark.begin) throw std::logic_error("parts of different transactions");
      whole.mark = part.mark;
      for (size_t i = part.first_change; i < changes; ++i)
        whole.changes.push_back(change_text(batch.changes[i], *tables.at(batch.changes[i].table)));
      open_ = !part.ends;
      ++parts;
      if (part.ends && part.mark.end <= part.mark.begin) throw std::logic_error("a transaction without an end");
      if (part.ends && part.mark.end <= ended_) throw std::logic_error("transactions are not in the order of their ends");
      if (part.ends) ended_ = part.mark.end;
    }
    if (changes != batch.changes.size()) throw std::logic_error("changes that belong to no transaction");
    if (batch.read_to != LogOffset{} && batch.read_to <= read_to) throw std::logic_error("the place read to does not move on");
    if (batch.read_to != LogOffset{}) read_to = batch.read_to;
    rows_filtered += batch.rows_filtered;
    snapshots += batch.snapshot ? 1 : 0;
  }
  bool open() const { return open_; }
  /// The changes of one transaction after the other, "--" between them.
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (const Transaction& t : transactions) {
      out.insert(out.end(), t.changes.begin(), t.changes.end());
      out.emplace_back("--");
    }
    return out;
  }

  std::vector<Transaction> transactions;
  LogOffset read_to;
  uint64_t rows_filtered = 0, snapshots = 0, parts = 0;

 private:
  bool open_ = false;
  LogOffset ended_;
};

}  // namespace tidemark::postgres
