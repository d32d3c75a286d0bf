// The tables that TABLE_MAP events have introduced, by the number that row events call them. A number holds until its statement ends;
// what was parsed and compiled for it is kept, since servers use the same number again until the table changes.
// Owned by the reader thread. Throws Error(corrupt | schema_changed | unsupported).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "base/byte_cursor.h"
#include "engine/mysql/captured_tables.h"
#include "engine/mysql/row_decoder.h"
#include "engine/mysql/table_map.h"

namespace tidemark::mysql {

class MappedTable {
 public:
  /// Index into the captured tables; -1: not captured.
  int table() const { return table_; }
  const TableMap& map() const { return map_; }
  /// Made when first asked for: only rows that are delivered must agree with the schema.
  RowDecoder& decoder(const CapturedTables& captured, const ServerKind& server);
  /// Counts rows; nullptr when even that is not possible for the table's types.
  RowDecoder* skipper(const ServerKind& server);

 private:
  friend class TableCache;
  TableMap map_;
  int table_ = -1;
  uint64_t statement_ = 0;
  std::unique_ptr<RowDecoder> decoder_, skipper_;
  bool no_skipper_ = false;
};

class TableCache {
 public:
  explicit TableCache(Flavour flavour) : flavour_(flavour) {}
  /// A TABLE_MAP's body.
  MappedTable& introduce(ByteCursor body, const CapturedTables& captured);
  /// nullptr: the number was not introduced in this statement.
  MappedTable* find(uint64_t table_id) {
    if (last_ && last_id_ == table_id && last_->statement_ == statement_) return last_;
    auto found = tables_.find(table_id);
    if (found == tables_.end() || found->second->statement_ != statement_) return nullptr;
    last_ = found->second.get();
    last_id_ = table_id;
    return last_;
  }
  void end_statement() { ++statement_; }
  /// After a restart of the server the same numbers mean other tables.
  void clear() {
    tables_.clear();
    last_ = nullptr;
  }

 private:
  Flavour flavour_;
  std::unordered_map<uint64_t, std::unique_ptr<MappedTable>> tables_;
  MappedTable* last_ = nullptr;
  uint64_t last_id_ = 0;
  uint64_t statement_ = 1;
};

}  // namespace tidemark::mysql
