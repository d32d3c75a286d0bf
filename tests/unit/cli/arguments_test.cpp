#include "cli/arguments.h"

#include <stdlib.h>

#include "cli/verbs.h"
#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;

namespace {

Arguments parse(const std::vector<std::string>& words) { return parse_arguments(words, all_verbs()); }

/// "cause | hint" of the usage error.
std::string refusal(const std::vector<std::string>& words) {
  try {
    parse(words);
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::usage);
    return std::string(e.what()) + " | " + e.hint();
  }
  return "accepted";
}

void clear_environment() {
  for (const char* name : {"TIDEMARK_CONFIG", "TIDEMARK_SOCKET", "NO_COLOR"}) unsetenv(name);
}

}  // namespace

TEST_CASE("flags of every command stand before or after it") {
  clear_environment();
  for (const auto& words : std::vector<std::vector<std::string>>{{"-c", "f", "--json", "status", "shop"},
                                                                 {"status", "shop", "-c", "f", "--json"},
                                                                 {"--json", "status", "--config=f", "shop"},
                                                                 {"--config", "f", "status", "--json", "shop"},
                                                                 {"-cf", "status", "shop", "--json"}}) {
    Arguments a = parse(words);
    CHECK(a.verb == "status");
    CHECK(a.config_path == "f");
    CHECK(a.config_chosen);
    CHECK(a.json);
    CHECK(a.operands == std::vector<std::string>{"shop"});
  }
}

TEST_CASE("without flags, the environment and then the defaults count") {
  clear_environment();
  Arguments a = parse({"status"});
  CHECK(a.config_path == "/etc/tidemark/tidemark.yaml");
  CHECK_FALSE(a.config_chosen);
  CHECK(a.socket.empty());
  CHECK_FALSE(a.no_color);
  setenv("TIDEMARK_CONFIG", "/from/env.yaml", 1);
  setenv("TIDEMARK_SOCKET", "/from/env.sock", 1);
  setenv("NO_COLOR", "1", 1);
  a = parse({"status"});
  CHECK(a.config_path == "/from/env.yaml");
  CHECK(a.config_chosen);
  CHECK(a.socket == "/from/env.sock");
  CHECK(a.no_color);
  a = parse({"status", "-c", "/flag.yaml", "--socket", "/flag.sock"});
  CHECK(a.config_path == "/flag.yaml");
  CHECK(a.socket == "/flag.sock");
  clear_environment();
}

TEST_CASE("repeated options and flags") {
  clear_environment();
  Arguments a = parse({"snapshot", "shop", "--table", "shop.a", "--table=shop.b", "-v", "-vv", "-q", "--quiet"});
  CHECK(a.texts("table") == std::vector<std::string>{"shop.a", "shop.b"});
  CHECK(a.verbose);
  CHECK(a.quiet);
  CHECK(refusal({"status", "-c", "a", "-c", "b"}).find("cannot be specified more than once") != std::string::npos);
}

TEST_CASE("what is unknown is answered with the nearest") {
  clear_environment();
  CHECK(refusal({"stauts"}) == "unknown command 'stauts' (did you mean 'status'?) | see the commands with: tidemark help");
  CHECK(refusal({"frobnicate"}) == "unknown command 'frobnicate' | see the commands with: tidemark help");
  CHECK(refusal({"status", "--jsn"}) ==
        "unknown option '--jsn' of 'status' (did you mean '--json'?) | see what it takes with: tidemark help status");
  CHECK(refusal({"status", "--max-log", "3s"}).find("(did you mean '--max-lag'?)") != std::string::npos);
  CHECK(refusal({"--jsn", "status"}).find("unknown option '--jsn' of 'status' (did you mean '--json'?)") == 0);
  CHECK(refusal({"--sockt"}).find("unknown option '--sockt' (did you mean '--socket'?)") == 0);
  CHECK(refusal({"status", "-x"}).find("unknown option '-x'") == 0);
  // no guessing of shortened options: a later option would change what they mean
  CHECK(refusal({"status", "--js"}).find("unknown option '--js'") == 0);
  CHECK(refusal({"validate", "--table", "x"}).find("unknown option '--table' of 'validate'") == 0);
}

TEST_CASE("operands are counted") {
  clear_environment();
  CHECK(refusal({"snapshot"}).find("'snapshot' needs PIPELINE") == 0);
  CHECK(refusal({"decode"}).find("'decode' needs FILE") == 0);
  CHECK(refusal({"status", "a", "b"}).find("'status' does not take 'b'") == 0);
  CHECK(refusal({"status", "-c"}).find("the required argument for option '--config' is missing") == 0);
  CHECK(parse({"decode", "-"}).operands == std::vector<std::string>{"-"});
  CHECK(parse({"decode", "--", "-odd-name"}).operands == std::vector<std::string>{"-odd-name"});
  CHECK(parse({"snapshot", "--help"}).help);
}

TEST_CASE("every verb has a help and a function") {
  for (const Verb& verb : all_verbs()) {
    CAPTURE(verb.name);
    CHECK(verb.run != nullptr);
    CHECK(verb.usage.compare(0, verb.name.size(), verb.name) == 0);
    CHECK_FALSE(verb.summary.empty());
    CHECK(verb.details.size() > verb.summary.size());
    CHECK(verb.operands_min <= verb.operands_max);
  }
}
