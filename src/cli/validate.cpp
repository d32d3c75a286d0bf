// tidemark validate: everything about the configuration that can be known without asking a server.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/configuration.h"
#include "cli/verbs.h"
#include "config/effective.h"
#include "config/load.h"

namespace tidemark {
namespace {

using nlohmann::ordered_json;

ordered_json to_json(const std::string& path, const Problem& problem) {
  ordered_json out = {{"file", path}, {"line", problem.mark.line}, {"column", problem.mark.column}, {"message", printable(problem.text)}};
  if (!problem.hint.empty()) out["hint"] = problem.hint;
  return out;
}

void print_json(const std::string& path, const std::vector<Problem>& problems, const std::vector<Problem>& warnings) {
  ordered_json out = {{"ok", problems.empty()}, {"problems", ordered_json::array()}, {"warnings", ordered_json::array()}};
  for (const Problem& problem : problems) out["problems"].push_back(to_json(path, problem));
  for (const Problem& warning : warnings) out["warnings"].push_back(to_json(path, warning));
  std::cout << out.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
}

void print_warnings(const std::string& path, const std::vector<Problem>& warnings) {
  for (const Problem& warning : warnings) {
    std::cerr << printable(warning_line(path, warning)) << "\n";
    if (!warning.hint.empty()) std::cerr << "hint: " << printable(warning.hint) << "\n";
  }
}

int run(const Arguments& arguments) {
  const std::string& path = arguments.config_path;
  LoadOptions options;
  options.secrets_must_be_readable = false;
  LoadedConfig loaded;
  try {
    loaded = load_config_with(path, options);
  } catch (const ConfigError& e) {
    if (!arguments.json) throw;
    print_json(path, e.problems(), {});
    return exit_code_of(e.kind());
  }
  if (arguments.values.count("effective") != 0) {
    std::cout << effective_yaml(loaded.config);
    return 0;
  }
  if (arguments.json) {
    print_json(path, {}, loaded.warnings);
    return 0;
  }
  if (!arguments.quiet) print_warnings(path, loaded.warnings);
  const Config& config = loaded.config;
  auto count = [](size_t n, std::string_view what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); };
  std::string warned = loaded.warnings.empty() ? "" : ", " + count(loaded.warnings.size(), "warning");
  std::cout << fmt::format("{}: ok ({}, {}, {}{})\n", path, count(config.sources.size(), "source"), count(config.sinks.size(), "sink"),
                           count(config.pipelines.size(), "pipeline"), warned);
  return 0;
}

void add_options(po::options_description_easy_init add) {
  add("effective", "print the configuration with every default written out and passwords as ***");
}

}  // namespace

Verb validate_verb() {
  Verb verb;
  verb.name = "validate";
  verb.usage = "validate [-c FILE] [--effective] [--json]";
  verb.summary = "checks the configuration, offline";
  verb.details =
      "Checks the configuration file without connecting anywhere: syntax, unknown and duplicate keys, types, ranges, references.\n"
      "Every problem is printed with its place (FILE:LINE:COLUMN) and, where one is near, the word that was meant. A password that\n"
      "cannot be read now is a warning here; for 'run' it is an error.\n\n"
      "Exit codes: 0 the configuration is good, 78 it is not.\n\n"
      "Examples:\n"
      "  tidemark validate -c /etc/tidemark/tidemark.yaml\n"
      "  tidemark validate --effective";
  verb.add_options = add_options;
  verb.run = run;
  return verb;
}

}  // namespace tidemark
