// tidemark drop: removes what a pipeline keeps at its source server.
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/configuration.h"
#include "cli/engines.h"
#include "cli/verbs.h"
#include "runtime/pipeline_source.h"

namespace tidemark {
namespace {

std::unique_ptr<Source> make_source(const SourceConfig& config) {
  for (const SourceEngine& engine : all_engines().sources) {
    if (engine.name == config.engine) return engine.make(config);
  }
  throw Error(ErrorKind::config, "dropping", "this build has no engine '" + config.engine + "'");
}

bool confirmed(const Arguments& arguments, const std::string& pipeline) {
  if (arguments.values.count("yes") != 0) return true;
  if (isatty(STDIN_FILENO) == 0) {
    throw Error(ErrorKind::usage, "", "drop asks before it drops, and there is nobody to ask", "say --yes");
  }
  std::cerr << fmt::format("Without it pipeline '{}' cannot go on: it would have to copy its tables anew. Drop it? [y/N] ", pipeline);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

int run(const Arguments& arguments) {
  const Config config = load_configuration(arguments);
  const PipelineConfig& pipeline = find_pipeline(config, arguments.operands[0]);
  DaemonConfig log = config.daemon;
  if (log.log_level == "info") log.log_level = "warn";
  set_up_log_for(arguments, log);
  const auto source = make_source(source_of_pipeline(config.sources.at(pipeline.source), pipeline.name, config.daemon.memory_limit));
  const std::vector<std::string> there = source->left_at_server();
  if (!arguments.json) {
    for (const std::string& thing : there) std::cout << thing << "\n";
    if (there.empty()) std::cout << fmt::format("pipeline '{}' keeps nothing at its source\n", pipeline.name);
  }
  const bool drops = !there.empty() && confirmed(arguments, pipeline.name);
  if (drops) source->drop_from_server();
  if (arguments.json) {
    const std::vector<std::string> dropped = drops ? there : std::vector<std::string>();
    std::cout << nlohmann::ordered_json{{"pipeline", pipeline.name}, {"dropped", dropped}}.dump() << "\n";
  } else if (!there.empty()) {
    std::cout << (drops ? "dropped\n" : "left as it is\n");
  }
  return there.empty() || drops ? 0 : kExitCheckSaysNo;
}

void add_options(po::options_description_easy_init add) { add("yes", "do not ask"); }

}  // namespace

Verb drop_verb() {
  Verb verb;
  verb.name = "drop";
  verb.usage = "drop PIPELINE [--yes] [-c FILE] [--json]";
  verb.summary = "removes what a pipeline keeps at its source";
  verb.details =
      "Shows what tidemark made at the source server for this pipeline, and drops it after asking: of PostgreSQL the replication slot,\n"
      "for which the server keeps its log until the pipeline has it, and the publication. MySQL and MariaDB keep nothing. Nothing else\n"
      "ever drops them. Stop the daemon first, or take the pipeline out of its configuration; afterwards the pipeline can only begin "
      "anew.\n"
      "A publication that tidemark did not make is left alone.\n\n"
      "Exit codes: 0 dropped, or nothing there; 4 the answer was no; 75 a reader is connected; others: see 'tidemark help'.\n\n"
      "Examples:\n"
      "  tidemark drop shop\n"
      "  tidemark drop shop --yes";
  verb.operands_min = 1;
  verb.operands_max = 1;
  verb.add_options = add_options;
  verb.run = run;
  return verb;
}

}  // namespace tidemark
