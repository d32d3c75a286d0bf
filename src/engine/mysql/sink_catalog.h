// What the sink's server says of the target tables: columns, unique indexes, triggers, whether they are empty.
// Free functions on the caller's session and thread; throw Error.
#pragma once

#include <string>
#include <vector>

#include "engine/mysql/catalog.h"
#include "engine/mysql/sink_session.h"
#include "engine/mysql/types.h"
#include "tidemark/schema.h"

namespace tidemark::mysql {

struct SinkCatalogTable {
  bool exists = false;
  std::string type, engine;  // "BASE TABLE", "InnoDB"
  std::vector<ColumnFacts> columns;
  std::vector<IndexFacts> unique_indexes;
  std::vector<std::string> triggers;
};

/// `names` as the server stores them. One answer for each of them, in their order.
std::vector<SinkCatalogTable> read_sink_catalog(SinkSession& session, const std::vector<TableName>& names);
std::vector<std::string> missing_databases(SinkSession& session, const std::vector<std::string>& names);
/// Which of the tables hold no row.
std::vector<bool> empty_tables(SinkSession& session, const std::vector<TableName>& names);

}  // namespace tidemark::mysql
