#include "runtime/pipeline_source.h"

#include <fmt/format.h>
#include <unistd.h>

#include <string_view>
#include <utility>

namespace tidemark {
namespace {

constexpr uint64_t kVerifyMemory = 512u << 20;

/// {pipeline} in the name of a slot or publication: small letters, digits and underscores, as slots must have them.
std::string with_pipeline_name(std::string name, const std::string& pipeline) {
  constexpr std::string_view kPlace = "{pipeline}";
  std::string tame;
  for (const char c : pipeline) {
    const bool as_it_is = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    tame += as_it_is ? c : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : '_';
  }
  for (size_t at; (at = name.find(kPlace)) != std::string::npos;) name.replace(at, kPlace.size(), tame);
  return name;
}

}  // namespace

SourceConfig source_of_pipeline(SourceConfig config, const std::string& pipeline, uint64_t memory_limit) {
  if (config.server_id == 0) config.name += "/" + pipeline;  // the server id is derived from it
  config.postgres.slot = with_pipeline_name(config.postgres.slot, pipeline);
  config.postgres.publication = with_pipeline_name(config.postgres.publication, pipeline);
  config.postgres.spill_memory = memory_limit / 8;
  return config;
}

SourceConfig source_of_verify(SourceConfig config, const std::string& pipeline) {
  config = source_of_pipeline(std::move(config), pipeline, kVerifyMemory);
  config.server_id = 0;  // a configured one is the daemon's: the server would end its stream for ours
  config.name = fmt::format("{}/{}/verify/{}", config.name, pipeline, getpid());
  config.postgres.copies_slot = true;
  return config;
}

}  // namespace tidemark
