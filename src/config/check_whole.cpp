// Checks that need the whole file in view.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <tuple>

#include "config/nearest.h"
#include "config/quantity.h"
#include "config/readers.h"

namespace tidemark {
namespace {

/// Two ways of writing one file give the same text, as far as the file system can tell now.
std::string canonical(const std::string& path) {
  std::error_code ec;
  std::filesystem::path p = std::filesystem::weakly_canonical(path, ec);
  return ec ? std::filesystem::path(path).lexically_normal().string() : p.string();
}

template <class Map>
std::vector<std::string> names_of(const Map& map) {
  std::vector<std::string> out;
  for (const auto& item : map) out.push_back(item.first);
  return out;
}

template <class Map>
void check_reference(const std::string& name, std::string_view kind, const Map& map, Mark mark, const std::string& pipeline,
                     ReadContext& context) {
  if (name.empty() || map.count(name) != 0) return;
  std::vector<std::string> names = names_of(map);
  std::string suggestion = did_you_mean(name, names);
  std::string hint = suggestion.empty() && !names.empty() ? fmt::format("{}s of this file: {}", kind, fmt::join(names, ", ")) : "";
  context.problems.add(mark, fmt::format("pipeline '{}': there is no {} '{}'{}", pipeline, kind, name, suggestion), hint);
}

void check_pipelines(const Config& config, const Marks& marks, ReadContext& context) {
  std::map<std::string, int> line_of;
  std::set<std::string> sources_used, sinks_used;
  uint64_t chunk_memory = 0;
  for (size_t i = 0; i < config.pipelines.size(); ++i) {
    const PipelineConfig& p = config.pipelines[i];
    auto [first, is_new] = line_of.emplace(p.name, marks.pipeline_names[i].line);
    if (!is_new && !p.name.empty()) {
      context.problems.add(marks.pipeline_names[i], fmt::format("pipeline '{}' exists already (line {})", p.name, first->second));
    }
    check_reference(p.source, "source", config.sources, marks.pipeline_sources[i], p.name, context);
    check_reference(p.sink, "sink", config.sinks, marks.pipeline_sinks[i], p.name, context);
    sources_used.insert(p.source);
    sinks_used.insert(p.sink);
    uint64_t bytes = p.snapshot_workers * p.chunk_bytes;
    chunk_memory += bytes;
    if (bytes > config.daemon.memory_limit) {
      context.problems.add(marks.pipelines[i],
                           fmt::format("pipeline '{}': {} workers with chunks of {} need more than memory_limit {}", p.name,
                                       p.snapshot_workers, size_text(p.chunk_bytes), size_text(config.daemon.memory_limit)),
                           "lower snapshot.workers or snapshot.chunk_bytes, or raise daemon.memory_limit");
      chunk_memory = 0;
    }
  }
  if (chunk_memory > config.daemon.memory_limit) {
    context.warnings.push_back(
        {{},
         fmt::format("the pipelines' chunks together may need {}, more than memory_limit {}: copies will wait for each other",
                     size_text(chunk_memory), size_text(config.daemon.memory_limit)),
         ""});
  }
  for (const auto& [name, mark] : marks.sources) {
    if (sources_used.count(name) == 0) context.warnings.push_back({mark, fmt::format("source '{}' is used by no pipeline", name), ""});
  }
  for (const auto& [name, mark] : marks.sinks) {
    if (sinks_used.count(name) == 0) context.warnings.push_back({mark, fmt::format("sink '{}' is used by no pipeline", name), ""});
  }
}

/// What a rule says must have a meaning at the sink that it is for.
void check_columns(const Config& config, const Marks& marks, ReadContext& context) {
  for (size_t i = 0; i < config.pipelines.size(); ++i) {
    const PipelineConfig& p = config.pipelines[i];
    const auto sink = config.sinks.find(p.sink);
    if (sink == config.sinks.end()) continue;
    for (size_t r = 0; r < p.columns.size(); ++r) {
      const auto& [glob, rule] = p.columns[r];
      const std::string where = fmt::format("pipelines.{}.columns.{}", p.name, glob);
      if (rule.nul_character && sink->second.engine != "postgres") {
        context.problems.add(marks.pipeline_columns[i][r],
                             fmt::format("'{}.nul_character' has no meaning for a {} sink", where, sink->second.engine),
                             "only PostgreSQL cannot hold U+0000");
      }
      const std::vector<std::string> storage = {"INTEGER", "REAL", "TEXT", "BLOB"};
      const bool is_storage = std::find(storage.begin(), storage.end(), rule.type) != storage.end();
      if (sink->second.engine == "sqlite" && !rule.type.empty() && !is_storage) {
        context.problems.add(marks.pipeline_columns[i][r],
                             fmt::format("'{}.type' must be one of INTEGER, REAL, TEXT, BLOB for a sqlite sink", where));
      }
    }
  }
}

void check_files(const Config& config, const Marks& marks, ReadContext& context) {
  std::map<std::string, std::string> owner;
  owner.emplace(canonical(config.daemon.state), "daemon.state");
  for (const auto& [name, sink] : config.sinks) {
    if (sink.engine != "sqlite" || sink.path.empty()) continue;
    auto [other, is_new] = owner.emplace(canonical(sink.path), fmt::format("sink '{}'", name));
    if (is_new) continue;
    context.problems.add(marks.sink_paths.at(name), fmt::format("sink '{}' has the same file as {}", name, other->second),
                         "a SQLite sink is one file of its own; let several pipelines name the same sink instead");
  }
}

void check_server_ids(const Config& config, const Marks& marks, ReadContext& context) {
  std::map<std::tuple<std::string, uint16_t, std::string, uint32_t>, std::string> owner;
  for (const auto& [name, source] : config.sources) {
    if (source.server_id == 0) continue;
    const ServerAddress& a = source.address;
    auto [other, is_new] = owner.emplace(std::make_tuple(a.host, a.port, a.socket, source.server_id), name);
    if (is_new) continue;
    context.problems.add(marks.sources.at(name),
                         fmt::format("sources '{}' and '{}' have the same server_id at the same server", other->second, name),
                         "the server would cut off one of them: give each its own, or let both pipelines use one source");
  }
}

}  // namespace

void check_whole(const Config& config, const Marks& marks, ReadContext& context) {
  check_pipelines(config, marks, context);
  check_columns(config, marks, context);
  check_files(config, marks, context);
  check_server_ids(config, marks, context);
}

}  // namespace tidemark
