#include "cli/command.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <iostream>

#include "base/failpoint.h"
#include "cli/help.h"
#include "cli/verbs.h"
#include "config/problems.h"
#include "tidemark/version.h"

namespace tidemark {
namespace {

/// Hints may have lines of SQL: each is cleaned, those after the first are indented under it.
std::string hint_text(const std::string& hint) {
  std::string out;
  for (size_t start = 0; start < hint.size();) {
    size_t end = std::min(hint.find('\n', start), hint.size());
    out += (start == 0 ? "hint: " : "      ") + printable(std::string_view(hint).substr(start, end - start)) + "\n";
    start = end + 1;
  }
  return out;
}

/// As a shell would say it of a command that the signal ended.
int exit_code_for(const Error& error) {
  constexpr int kTerminated = 143;
  bool terminated = error.kind() == ErrorKind::interrupted && error.cause().find("SIGTERM") != std::string::npos;
  return terminated ? kTerminated : exit_code_of(error.kind());
}

int run_words(const std::vector<std::string>& words) {
  const std::vector<Verb> verbs = all_verbs();
  Arguments arguments = parse_arguments(words, verbs);
  if (arguments.version) {
    std::cout << "tidemark " << version() << "\n";
    return 0;
  }
  if (arguments.help) {
    std::cout << (arguments.verb.empty() ? help_overview(verbs) : help_of(find_verb(arguments.verb, verbs)));
    return 0;
  }
  if (arguments.verb.empty()) {
    std::cerr << help_overview(verbs);
    return kExitUsage;
  }
  return find_verb(arguments.verb, verbs).run(arguments);
}

}  // namespace

std::string error_text(const Error& error) {
  std::string out;
  if (const auto* config = dynamic_cast<const ConfigError*>(&error)) {
    for (const Problem& problem : config->problems()) out += printable(config->line(problem)) + "\n" + hint_text(problem.hint);
    return out;
  }
  return fmt::format("tidemark: {}\n{}", printable(error.what()), hint_text(error.hint()));
}

int run_command(const std::vector<std::string>& words) {
  int code = 1;
  try {
    load_failpoints();
    code = run_words(words);
  } catch (const Error& e) {
    std::cout.flush();
    std::cerr << error_text(e);
    return exit_code_for(e);
  } catch (const std::exception& e) {
    std::cout.flush();
    std::cerr << fmt::format(
        "tidemark: internal error: {}\nhint: this is a bug of tidemark; please report it with the output of: tidemark version --json\n",
        printable(e.what()));
    return exit_code_of(ErrorKind::internal);
  }
  std::cout.flush();
  if (code == 0 && !std::cout) {
    std::cerr << "tidemark: writing the result: the output cannot be written\n";
    return exit_code_of(ErrorKind::internal);
  }
  return code;
}

}  // namespace tidemark
