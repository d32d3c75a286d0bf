#include "runtime/verify.h"

#include <fmt/format.h>

#include <memory>

#include "base/failpoint.h"
#include "runtime/named_choice.h"
#include "runtime/pipeline_source.h"
#include "runtime/target_names.h"
#include "runtime/verify_table.h"
#include "tidemark/error.h"

namespace tidemark {
namespace {

template <typename Engine>
const Engine& find_engine(const std::vector<Engine>& engines, const std::string& name, const char* side) {
  for (const Engine& engine : engines) {
    if (engine.name == name) return engine;
  }
  throw Error(ErrorKind::config, "verify", fmt::format("this binary has no {} engine '{}'", side, printable(name)));
}

template <typename Part>
const Part& find_part(const std::map<std::string, Part>& parts, const std::string& name, const char* side) {
  auto it = parts.find(name);
  if (it == parts.end()) throw Error(ErrorKind::config, "verify", fmt::format("the configuration has no {} '{}'", side, printable(name)));
  return it->second;
}

std::string target_text(const SinkTable& table) {
  return table.target_schema.empty() ? table.target_table : table.target_schema + "." + table.target_table;
}

TableVerdict verify_table(const VerifyContext& context, uint32_t index, const SinkTable& table, const VerifyOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const std::string target = target_text(table);
  auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  VerifyOptions inner = options;
  if (options.progress) {
    inner.progress = [&](const TableVerdict& so_far) {
      TableVerdict shown = so_far;
      shown.target = target;
      shown.seconds = seconds();
      options.progress(shown);
    };
  }
  context.sink.clear_note();
  TableVerdict verdict =
      table.schema->has_key() ? verify_keyed(context, index, table, inner) : verify_keyless(context, index, table, inner);
  verdict.target = target;
  verdict.note = context.sink.note();
  if (!table.schema->has_key() && !verdict.equal() && verdict.note.empty()) {
    verdict.note = "the table has no key: rows are compared whole, so a changed row counts as one missing and one extra";
  }
  verdict.seconds = seconds();
  verdict.done = true;
  if (options.progress) options.progress(verdict);
  return verdict;
}

/// All that are captured, or those that the user named, in the same order.
std::vector<SinkTable> tables_to_verify(const std::vector<SinkTable>& captured, const std::vector<std::string>& wanted,
                                        const std::string& pipeline) {
  const std::string doing = "verifying pipeline '" + printable(pipeline) + "'";
  if (captured.empty()) {
    throw Error(ErrorKind::usage, doing, "the source has no table that the pipeline captures, so there is nothing to compare",
                "Check tables.include and tables.exclude of the pipeline, and the grants of the source's user.");
  }
  if (wanted.empty()) return captured;
  std::vector<TableName> names;
  for (const SinkTable& table : captured) names.push_back(table.schema->name);
  std::vector<SinkTable> tables;
  for (size_t i : choose_tables(names, wanted, doing)) tables.push_back(captured[i]);
  return tables;
}

}  // namespace

VerifyReport verify(const Config& config, const Engines& engines, const VerifyOptions& options) {
  const PipelineConfig& pipeline = choose_pipeline(config, options.pipeline, "verify");
  const SourceConfig& source_config = find_part(config.sources, pipeline.source, "source");
  const SinkConfig& sink_config = find_part(config.sinks, pipeline.sink, "sink");

  const SourceEngine& source_engine = find_engine(engines.sources, source_config.engine, "source");
  const std::unique_ptr<Source> source = source_engine.make(source_of_verify(source_config, pipeline.name));
  const SourceInfo info = source->check();
  // names are computed over all captured tables: whether they collide does not depend on what is verified
  const std::vector<SchemaRef> described = source->describe(pipeline.tables);
  check_column_rules(pipeline, described);
  const std::vector<SinkTable> captured = sink_tables(pipeline, sink_config.engine, described);
  const std::vector<SinkTable> tables = tables_to_verify(captured, options.tables, pipeline.name);

  const std::unique_ptr<Sink> sink = find_engine(engines.sinks, sink_config.engine, "sink").make(sink_config);
  sink->bind(tables);
  failpoint("verify.bound");
  SourceSide source_side(*source);
  SinkSide sink_side(*sink, pipeline.name, info.server, options.patience);
  VerifyLog log(*source);
  const VerifyContext context{source_side, sink_side, log};

  VerifyReport report;
  report.equal = true;
  for (uint32_t i = 0; i < tables.size(); ++i) {
    report.tables.push_back(verify_table(context, i, tables[i], options));
    report.equal = report.equal && report.tables.back().equal();
  }
  report.position = sink_side.position().text();
  return report;
}

}  // namespace tidemark
