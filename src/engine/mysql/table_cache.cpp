#include "engine/mysql/table_cache.h"

#include <fmt/format.h>

namespace tidemark::mysql {

namespace {

constexpr size_t kTablesMax = 4096;  // numbers of tables that changed are never used again: forget all now and then

// The one row of a MariaDB SEQUENCE: its eight columns are given, so the map tells it from a table.
bool is_sequence(const TableMap& map, Flavour flavour) {
  if (flavour != Flavour::mariadb || map.columns.size() != 8) return false;
  for (size_t i = 0; i < 8; ++i) {
    if (map.columns[i].type != (i == 6 ? ColumnType::tiny : ColumnType::longlong)) return false;
  }
  return !map.has_names || map.columns[0].name == "next_not_cached_value";
}

}  // namespace

MappedTable& TableCache::introduce(ByteCursor body, const CapturedTables& captured) {
  std::string_view bytes(body.here(), body.left());
  uint64_t id = ByteCursor(bytes).u48();
  if (!(last_ && last_id_ == id)) {
    auto found = tables_.find(id);
    last_ = found == tables_.end() ? nullptr : found->second.get();
    last_id_ = id;
  }
  if (last_ && last_->map_.raw == bytes) {
    last_->statement_ = statement_;
    return *last_;
  }
  if (tables_.size() > kTablesMax) clear();
  auto table = std::make_unique<MappedTable>();
  std::string why;
  if (!parse_table_map(body, flavour_, table->map_, why)) throw Error(ErrorKind::corrupt, "reading the binary log", "TABLE_MAP: " + why);
  const TableMap& map = table->map_;
  table->table_ = captured.find(map.database, map.table);
  table->statement_ = statement_;
  if (table->table_ < 0 && captured.selected({map.database, map.table}) && !is_sequence(map, flavour_))
    throw Error(ErrorKind::schema_changed, "reading the binary log",
                fmt::format("rows of {}, which the pipeline selects but which did not exist when its tables were looked up",
                            printable(map.database + "." + map.table)),
                "start a new pipeline so that the table is copied, or exclude it (tables: exclude)");
  last_ = table.get();
  tables_[id] = std::move(table);
  return *last_;
}

RowDecoder& MappedTable::decoder(const CapturedTables& captured, const ServerKind& server) {
  if (!decoder_) decoder_ = std::make_unique<RowDecoder>(map_, captured.schema(table_), server);
  return *decoder_;
}

RowDecoder* MappedTable::skipper(const ServerKind& server) {
  if (!skipper_ && !no_skipper_) {
    try {
      skipper_ = std::make_unique<RowDecoder>(RowDecoder::skipper(map_, server));
    } catch (const Error&) {
      no_skipper_ = true;  // a type that we do not know, in a table that nobody asked for
    }
  }
  return skipper_.get();
}

}  // namespace tidemark::mysql
