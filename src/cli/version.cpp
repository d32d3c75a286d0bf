// tidemark version
#include "tidemark/version.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/verbs.h"

namespace tidemark {
namespace {

int run(const Arguments& arguments) {
  if (arguments.json) {
    nlohmann::ordered_json out = {{"name", "tidemark"}, {"version", version()}, {"git", git_commit()}};
    std::cout << out.dump() << "\n";
  } else {
    std::cout << "tidemark " << version() << " (" << git_commit() << ")\n";
  }
  return 0;
}

}  // namespace

Verb version_verb() {
  Verb verb;
  verb.name = "version";
  verb.usage = "version [--json]";
  verb.summary = "the version and the commit that it was built from";
  verb.details = "Prints the version and the commit that it was built from.\n\nExample:\n  tidemark version --json";
  verb.run = run;
  return verb;
}

}  // namespace tidemark
