// Pipelines.
#include <fmt/format.h>

#include <algorithm>

#include "config/nearest.h"
#include "config/quantity.h"
#include "config/readers.h"

namespace tidemark {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

std::vector<std::string> read_patterns(Section& tables, std::string_view key, ReadContext& context) {
  std::vector<std::string> out;
  const YamlNode* node = tables.take(key);
  if (node == nullptr) return out;
  for (const Scalar& pattern : read_list(*node, tables.name_of(key), context)) {
    if (pattern.text.find('.') == std::string::npos) {
      tables.problem(pattern.mark, fmt::format("{}: '{}' names no database", tables.name_of(key), pattern.written),
                     fmt::format("write database.table, such as \"shop.{}\" or \"shop.*\"", pattern.written));
      continue;
    }
    out.push_back(pattern.text);
  }
  return out;
}

/// key: {"shop.events": [tenant_id, id]}
void read_keys(Section& tables, TableSelection& out, ReadContext& context) {
  const YamlNode* node = tables.take("key");
  if (node == nullptr) return;
  std::string where = tables.where() + ".key";
  if (node->kind != YamlNode::Kind::map) {
    tables.problem(node->mark, fmt::format("'{}' must be a map, such as {{\"shop.events\": [tenant_id, id]}}", where));
    return;
  }
  for (size_t i = 0; i < node->keys.size(); ++i) {
    const YamlKey& table = node->keys[i];
    if (table.text.find('.') == std::string::npos || table.text.find_first_of("*?") != std::string::npos) {
      tables.problem(table.mark, fmt::format("'{}': '{}' is not the name of one table (database.table)", where, table.text));
    }
    std::vector<std::string> columns;
    std::string what = fmt::format("'{}.{}'", where, table.text);
    for (const Scalar& column : read_list(node->items[i], what, context)) {
      bool twice = std::find(columns.begin(), columns.end(), column.text) != columns.end();
      if (twice) tables.problem(column.mark, fmt::format("{} has the column '{}' twice", what, column.written));
      columns.push_back(column.text);
    }
    if (node->items[i].kind == YamlNode::Kind::sequence && node->items[i].items.empty()) {
      tables.problem(node->items[i].mark, fmt::format("{} has no columns", what));
    }
    out.keys.emplace_back(table.text, std::move(columns));
  }
}

void read_tables(Section& pipeline, TableSelection& out, ReadContext& context) {
  const YamlNode* node = pipeline.require("tables");
  if (node == nullptr) return;
  Section tables(*node, pipeline.where() + ".tables", context);
  const YamlNode* include = tables.require("include");
  out.include = read_patterns(tables, "include", context);
  out.exclude = read_patterns(tables, "exclude", context);
  read_keys(tables, out, context);
  tables.finish();
  if (include != nullptr && include->kind == YamlNode::Kind::sequence && include->items.empty()) {
    tables.problem(include->mark, fmt::format("{} is empty: nothing would be captured", tables.name_of("include")));
  }
}

/// A template may use {database} and {table} and nothing else in braces.
void check_template(Section& target, std::string_view key, const std::string& text) {
  for (size_t at = text.find_first_of("{}"); at != std::string::npos; at = text.find_first_of("{}", at)) {
    bool known = false;
    for (std::string_view word : {"{database}", "{table}"}) {
      if (text.compare(at, word.size(), word) != 0) continue;
      known = true;
      at += word.size();
      break;
    }
    if (known) continue;
    target.problem(target.mark_of(key), fmt::format("{} may use {{database}} and {{table}} only", target.name_of(key)));
    return;
  }
}

void read_target(Section& pipeline, PipelineConfig& out, ReadContext& context) {
  const YamlNode* node = pipeline.take("target");
  if (node == nullptr) return;
  Section target(*node, pipeline.where() + ".target", context);
  target.read("schema", out.target_schema);
  target.read("table", out.target_table);
  check_template(target, "schema", out.target_schema);
  check_template(target, "table", out.target_table);
  target.finish();
}

/// `startup` and `stop`: a word, or {specific: POSITION}, or {timestamp: TIME}.
template <class Enum>
void read_place(Section& pipeline, std::string_view key, const std::vector<std::pair<std::string, Enum>>& words, Enum specific,
                Enum timestamp, Enum& out, std::string& position, int64_t& micros, ReadContext& context) {
  const YamlNode* node = pipeline.take(key);
  if (node == nullptr) return;
  const std::string forms = fmt::format(
      "{0}: {{specific: \"binlog.000012:4711\"}}, {0}: {{specific: GTID_SET}} or {0}: {{timestamp: 2026-01-31T12:00:00Z}}", key);
  if (node->kind != YamlNode::Kind::map) {
    if (node->text == "specific" || node->text == "timestamp") {
      pipeline.problem(node->mark, fmt::format("{} needs a place with '{}'", pipeline.name_of(key), node->text), "write " + forms);
      return;
    }
    pipeline.read_choice<Enum>(key, out, words);
    return;
  }
  Section place(*node, fmt::format("{}.{}", pipeline.where(), key), context);
  std::optional<Scalar> at = place.scalar("timestamp");
  place.read("specific", position);
  place.finish();
  if (node->keys.size() != 1) {
    place.problem(node->mark, fmt::format("{} needs exactly one of specific, timestamp", pipeline.name_of(key)), "write " + forms);
    return;
  }
  if (!position.empty()) out = specific;
  if (!at) return;
  std::string why;
  std::optional<int64_t> parsed = parse_timestamp(at->text, why);
  if (!parsed) {
    place.problem(at->mark, fmt::format("{}: '{}' {}", place.name_of("timestamp"), at->written, why));
    return;
  }
  micros = *parsed;
  out = timestamp;
}

void read_limits(Section& pipeline, PipelineConfig& out, ReadContext& context) {
  if (const YamlNode* node = pipeline.take("snapshot")) {
    Section snapshot(*node, pipeline.where() + ".snapshot", context);
    snapshot.read_number("workers", out.snapshot_workers, 1, 64);
    snapshot.read_number("chunk_rows", out.chunk_rows, 1, 10'000'000);
    snapshot.read_size("chunk_bytes", out.chunk_bytes, 64u << 10, 1u << 30);
    snapshot.read("adapt", out.adapt_chunks);
    snapshot.finish();
  }
  if (const YamlNode* node = pipeline.take("apply")) {
    Section apply(*node, pipeline.where() + ".apply", context);
    apply.read_number("batch_rows", out.batch_rows, 1, 10'000'000);
    apply.read_size("batch_bytes", out.batch_bytes, 64u << 10, 1u << 30);
    apply.finish();
  }
}

void read_retry(Section& pipeline, PipelineConfig& out, ReadContext& context) {
  const YamlNode* node = pipeline.take("retry");
  if (node == nullptr) return;
  Section retry(*node, pipeline.where() + ".retry", context);
  retry.read("initial", out.retry_initial, milliseconds(10), hours(1));
  retry.read("max", out.retry_max, milliseconds(10), hours(1));
  retry.read("budget", out.retry_budget, milliseconds(0), hours(24 * 30));
  retry.finish();
  if (!retry.has("initial")) out.retry_initial = std::min(out.retry_initial, out.retry_max);
  if (out.retry_initial > out.retry_max) {
    retry.problem(retry.mark_of("initial"), fmt::format("{} ({}) is longer than max ({})", retry.name_of("initial"),
                                                        duration_text(out.retry_initial), duration_text(out.retry_max)));
  }
}

/// The name first, since messages about the rest use it.
std::string where_of(const YamlNode& node, size_t index) {
  for (size_t i = 0; node.kind == YamlNode::Kind::map && i < node.keys.size(); ++i) {
    if (node.keys[i].text == "name" && is_good_name(node.items[i].text)) return "pipelines." + node.items[i].text;
  }
  return fmt::format("pipelines[{}]", index);
}

}  // namespace

PipelineConfig read_pipeline(const YamlNode& node, size_t index, ReadContext& context, Marks& marks) {
  Section section(node, where_of(node, index), context);
  PipelineConfig out;
  for (const char* key : {"name", "source", "sink"}) section.require(key);
  section.read("name", out.name);
  if (!out.name.empty() && !is_good_name(out.name))
    section.problem(section.mark_of("name"), fmt::format("bad name '{}'", out.name), kNameRule);
  section.read("source", out.source);
  section.read("sink", out.sink);
  read_tables(section, out.tables, context);
  read_target(section, out, context);
  out.columns = read_columns(section, context, marks.pipeline_columns.emplace_back());
  section.read("exactly_once", out.exactly_once);
  section.read_choice<bool>("existing_rows", out.keep_existing_rows, {{"refuse", false}, {"keep", true}});
  read_place<Startup>(section, "startup",
                      {{"initial", Startup::initial},
                       {"snapshot-only", Startup::snapshot_only},
                       {"earliest", Startup::earliest},
                       {"latest", Startup::latest}},
                      Startup::specific, Startup::timestamp, out.startup, out.startup_position, out.startup_micros, context);
  read_place<StopAt>(section, "stop", {{"never", StopAt::never}, {"latest", StopAt::latest}}, StopAt::specific, StopAt::timestamp, out.stop,
                     out.stop_position, out.stop_micros, context);
  if (out.startup == Startup::snapshot_only && out.stop != StopAt::never) {
    section.problem(section.mark_of("stop"), fmt::format("{} has no meaning with startup: snapshot-only", section.name_of("stop")));
  }
  read_limits(section, out, context);
  read_retry(section, out, context);
  section.finish();
  marks.pipelines.push_back(section.mark());
  marks.pipeline_names.push_back(section.mark_of("name"));
  marks.pipeline_sources.push_back(section.mark_of("source"));
  marks.pipeline_sinks.push_back(section.mark_of("sink"));
  return out;
}

}  // namespace tidemark
