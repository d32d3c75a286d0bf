// The built tidemark as a user meets it: exit codes, what goes to stdout and what to stderr.
#include <nlohmann/json.hpp>

#include "cli/verbs.h"
#include "support/catch.h"
#include "support/temporary_directory.h"
#include "unit/cli/run_binary.h"

using namespace tidemark;
using namespace tidemark::test;
using nlohmann::json;

namespace {

const std::string kExample = TIDEMARK_SOURCE_DIR "/conf/tidemark.yaml";

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("help is a result, and wrong usage is not") {
  for (const auto& words : std::vector<std::vector<std::string>>{{"help"}, {"--help"}, {"-h"}}) {
    Output o = run_binary(words);
    CHECK(o.exit == 0);
    CHECK(o.err == "");
    for (const Verb& verb : all_verbs()) CHECK(contains(o.out, "  " + verb.name + " "));
    for (const char* code : {"  2 ", "  3 ", "  4 ", "  65 ", "  69 ", "  75 ", "  77 ", "  78 ", "  130 "}) CHECK(contains(o.out, code));
  }
  Output o = run_binary({});
  CHECK(o.exit == 2);
  CHECK(o.out == "");
  CHECK(contains(o.err, "Usage: tidemark COMMAND"));
}

TEST_CASE("each command has its help, in two ways") {
  for (const Verb& verb : all_verbs()) {
    CAPTURE(verb.name);
    Output a = run_binary({"help", verb.name});
    Output b = run_binary({verb.name, "--help"});
    CHECK(a.exit == 0);
    CHECK(a.out == b.out);
    CHECK(a.out.find("Usage: tidemark " + verb.usage + "\n") == 0);
    CHECK(contains(a.out, "--config"));
    po::options_description own = own_options(verb);
    for (const auto& option : own.options()) CHECK(contains(a.out, "--" + option->long_name()));
  }
  CHECK(run_binary({"help", "nothing"}).exit == 2);
}

TEST_CASE("a failpoint that does not exist is refused, since a test that waits for it would prove nothing") {
  CHECK(run_binary({"--version"}, {{"TIDEMARK_FAILPOINTS", "sink.before_commit=kill@3,chunk.after_read=sleep:5,sink.begin=trace"}}).exit ==
        0);
  for (const char* wrong : {"sink.before_comit=kill@1", "sink.begin=kil@1", "sink.begin=kill@", "sink.begin=kill@0", "sink.begin=sleep:x",
                            "sink.begin", "sink.begin=trace,,sink.begin=trace"}) {
    CAPTURE(wrong);
    Output o = run_binary({"--version"}, {{"TIDEMARK_FAILPOINTS", wrong}});
    CHECK(o.exit == 2);
    CHECK(o.out == "");
    CHECK(contains(o.err, "tidemark: reading TIDEMARK_FAILPOINTS: "));
  }
}

TEST_CASE("usage errors exit with 2 and go to stderr") {
  Output o = run_binary({"stauts"});
  CHECK(o.exit == 2);
  CHECK(o.out == "");
  CHECK(o.err == "tidemark: unknown command 'stauts' (did you mean 'status'?)\nhint: see the commands with: tidemark help\n");
  CHECK(run_binary({"status", "--nope"}).exit == 2);
  CHECK(run_binary({"snapshot"}).exit == 2);
  CHECK(run_binary({"status", "--max-lag", "3s"}).exit == 2);
  o = run_binary({"status", "--check", "--max-lag", "30"});
  CHECK(o.exit == 2);
  CHECK(contains(o.err, "--max-lag: '30' has no unit"));
}

TEST_CASE("the version, three ways") {
  CHECK(run_binary({"--version"}).out.find("tidemark 0.") == 0);
  CHECK(run_binary({"version"}).out.find("tidemark 0.") == 0);
  json version = json::parse(run_binary({"version", "--json"}).out);
  CHECK(version.at("name") == "tidemark");
  CHECK_FALSE(version.at("version").get<std::string>().empty());
}

TEST_CASE("validate accepts the example and warns of passwords that cannot be read now") {
  Output o = run_binary({"validate", "-c", kExample});
  CHECK(o.exit == 0);
  CHECK(contains(o.out, "conf/tidemark.yaml: ok (2 sources, 2 sinks, 3 pipelines, "));
  CHECK(contains(o.err, ": warning: 'sources.shop-db1.password': the credential 'shop-db1' is given by systemd only"));
  o = run_binary({"validate", "-q", "-c", kExample});
  CHECK(o.exit == 0);
  CHECK(o.err == "");
  o = run_binary({"validate", "--effective"}, {{"TIDEMARK_CONFIG", kExample}});
  CHECK(o.exit == 0);
  CHECK(contains(o.out, "password: \"***\""));
  CHECK(contains(o.out, "budget: 15m"));
}

TEST_CASE("validate shows every problem with its place and exits with 78") {
  const TemporaryDirectory dir;
  std::string file = dir.write("t.yaml", "version: 1\nsinks: {}\nsources: {}\npipelines: []\nzzz: 1\n");
  Output o = run_binary({"validate", "-c", file});
  CHECK(o.exit == 78);
  CHECK(o.out == "");
  CHECK(o.err.find(file + ":4:12: 'pipelines' is empty: there is nothing to do\n" + file + ":5:1: unknown key 'zzz'\nhint: known here: ") ==
        0);
  o = run_binary({"validate", "-c", file, "--json"});
  CHECK(o.exit == 78);
  json answer = json::parse(o.out);
  CHECK(answer.at("ok") == false);
  CHECK(answer.at("problems").at(1).at("line") == 5);
  o = run_binary({"validate", "-c", dir.file("none.yaml")});
  CHECK(o.exit == 78);
  CHECK(contains(o.err, "tidemark: cannot read the configuration " + dir.file("none.yaml")));
  CHECK(contains(o.err, "\nhint: say where it is with -c FILE"));
}

TEST_CASE("a verb that connects refuses a configuration whose passwords are missing") {
  for (const auto& words : std::vector<std::vector<std::string>>{{"run"}, {"snapshot", "shop"}, {"verify", "shop"}}) {
    std::vector<std::string> all = words;
    all.insert(all.end(), {"-c", kExample});
    Output o = run_binary(all);
    CHECK(o.exit == 78);
    CHECK(contains(o.err, ":27:28: 'sources.shop-db1.password': "));
  }
}

TEST_CASE("a pipeline that does not exist is a usage error") {
  const TemporaryDirectory dir;
  std::string file =
      dir.write("t.yaml",
                "version: 1\ndaemon: {state: s.db, socket: c.sock}\nsources: {a: {engine: mysql, host: 127.0.0.1, port: 1, user: u}}\n"
                "sinks: {b: {engine: sqlite, path: b.db}}\npipelines: [{name: shop, source: a, sink: b, tables: {include: [\"x.*\"]}}]\n");
  for (const char* verb : {"snapshot", "verify"}) {
    Output o = run_binary({verb, "sohp", "-c", file});
    CHECK(o.exit == 2);
    CHECK(contains(o.err, "tidemark: there is no pipeline 'sohp' in " + file + " (did you mean 'shop'?)"));
  }
}

TEST_CASE("decode says what it cannot read") {
  Output o = run_binary({"decode", "/nonexistent/binlog.000001"});
  CHECK(o.exit != 0);
  CHECK(o.exit != 1);
  CHECK(o.out == "");
  CHECK(contains(o.err, "/nonexistent/binlog.000001"));
}
