#include "cli/help.h"

#include <fmt/format.h>

#include <iostream>
#include <sstream>

#include "cli/verbs.h"

namespace tidemark {
namespace {

constexpr const char* kExitCodes = R"(Exit codes:
  0    done, or drained after SIGTERM
  1    internal error
  2    wrong usage
  3    the daemon does not answer
  4    a check says no (verify: different; status --check: not healthy)
  65   data cannot be applied, the source's log is gone, or a table's schema changed
  69   source or sink not available, longer than retry.budget
  75   try again later (another tidemark is at work)
  77   credentials or grants refused
  78   configuration or server settings cannot work
  130  interrupted by SIGINT (143: by SIGTERM); a copy goes on where it was
)";

std::string options_text(const po::options_description& options) {
  std::ostringstream out;
  out << options;
  return out.str();
}

int run_help(const Arguments& arguments) {
  const std::vector<Verb> verbs = all_verbs();
  std::cout << (arguments.operands.empty() ? help_overview(verbs) : help_of(find_verb(arguments.operands[0], verbs)));
  return 0;
}

}  // namespace

std::string help_overview(const std::vector<Verb>& verbs) {
  std::string out =
      "tidemark follows MySQL, MariaDB and PostgreSQL servers into PostgreSQL, MySQL, MariaDB and SQLite, exactly once.\n\n"
      "Usage: tidemark COMMAND [OPTIONS]\n\nCommands:\n";
  for (const Verb& verb : verbs) out += fmt::format("  {:<10}{}\n", verb.name, verb.summary);
  out += "\n" + options_text(global_options());
  out += fmt::format("\n{}\n", kExitCodes);
  out +=
      "First steps: write a configuration (conf/tidemark.yaml is a commented example), then\n"
      "  tidemark validate -c FILE\n  tidemark run -c FILE\nMore about a command: tidemark help COMMAND\n";
  return out;
}

std::string help_of(const Verb& verb) {
  std::string out = fmt::format("Usage: tidemark {}\n\n{}\n", verb.usage, verb.details);
  if (verb.add_options != nullptr) out += "\n" + options_text(own_options(verb));
  return out + "\n" + options_text(global_options());
}

Verb help_verb() {
  Verb verb;
  verb.name = "help";
  verb.usage = "help [COMMAND]";
  verb.summary = "this list, or all about one command";
  verb.details = "Prints the list of commands, or the options of one command with examples.";
  verb.operands_max = 1;
  verb.run = run_help;
  return verb;
}

std::vector<Verb> all_verbs() {
  return {run_verb(),  snapshot_verb(), validate_verb(), status_verb(), verify_verb(),
          drop_verb(), decode_verb(),   version_verb(),  help_verb()};
}

}  // namespace tidemark
