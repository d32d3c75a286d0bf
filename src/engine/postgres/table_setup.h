// prepare(): creates the target tables that are missing and checks those that exist. Nothing is ever dropped, truncated or altered.
// Free functions on the caller's connection and thread; throw Error(data | config) that names table and column, with the cure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/postgres/catalog.h"
#include "engine/postgres/native_types.h"
#include "engine/postgres/target_table.h"
#include "tidemark/config.h"
#include "tidemark/sink.h"

namespace tidemark::postgres {

/// CREATE TABLE for a source table: all columns, the key as primary key.
std::string create_table_sql(const SinkTable& table, const NativeTypes& types, ZeroDatePolicy policy);

/// The table as tidemark will write it, or Error(data) with all that does not fit.
TargetTable check_table(const SinkTable& table, const CatalogTable& found, const SinkConfig& config);

struct SetUpTables {
  std::vector<TargetTable> tables;
  std::vector<PreparedTable> prepared;
};
/// `created` is called within the transaction that creates the target.
SetUpTables set_up_tables(Connection& connection, const std::vector<SinkTable>& tables, const SinkConfig& config,
                          const std::function<void(const SinkTable&)>& created);

/// The same tables for reading: nothing is created, a missing table is an Error(data).
std::vector<TargetTable> bind_tables(Connection& connection, const std::vector<SinkTable>& tables, const SinkConfig& config);

}  // namespace tidemark::postgres
