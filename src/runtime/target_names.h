// How source tables are called at the sink: the pipeline's templates filled in. Pure; any thread.
// Also which rules its columns have. Throws Error(config) when two source tables would share one target table, or a template has an unknown
// place holder.
#pragma once

#include <string>
#include <vector>

#include "tidemark/config.h"
#include "tidemark/sink.h"

namespace tidemark {

/// `sink_engine`: "postgres" or "sqlite", as in SinkConfig::engine. Index i of the result belongs to `tables[i]`.
/// Templates may hold {database} and {table}. Without target_table: "{table}"; at SQLite, which has no schemas, "{database}_{table}"
/// for all tables when two of them have the same name in different databases.
std::vector<SinkTable> sink_tables(const PipelineConfig& pipeline, const std::string& sink_engine, const std::vector<SchemaRef>& tables);

/// Every rule of the pipeline's `columns` must mean a column of one of `tables`; throws Error(config) that names the nearest.
void check_column_rules(const PipelineConfig& pipeline, const std::vector<SchemaRef>& tables);

}  // namespace tidemark
