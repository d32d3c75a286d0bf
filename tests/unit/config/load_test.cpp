// What is accepted, with which defaults; passwords and variables.
#include "config/load.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "config/effective.h"
#include "support/catch.h"
#include "support/temporary_directory.h"
#include "unit/config/config_parts.h"

using namespace tidemark;
using namespace tidemark::test;
using std::chrono::milliseconds;

TEST_CASE("the commented example is accepted as it stands") {
  LoadOptions options;
  options.secrets_must_be_readable = false;
  unsetenv("CREDENTIALS_DIRECTORY");
  LoadedConfig loaded = load_config_with(TIDEMARK_SOURCE_DIR "/conf/tidemark.yaml", options);
  CHECK(loaded.config.pipelines.size() == 3);
  CHECK(loaded.config.pipelines[0].tables.keys.size() == 1);
  size_t passwords = 0;
  for (const Problem& w : loaded.warnings) passwords += w.text.find("password") != std::string::npos ? 1 : 0;
  CHECK(passwords == 3);
  CHECK_THROWS_AS(load_config(TIDEMARK_SOURCE_DIR "/conf/tidemark.yaml"), ConfigError);
}

TEST_CASE("a small configuration has every default") {
  Config c = accept(Parts());
  CHECK(c.path == "/etc/tidemark/t.yaml");
  CHECK(c.daemon.state == "/var/lib/tidemark/state.db");
  CHECK(c.daemon.memory_limit == 512u << 20);
  const SourceConfig& source = c.sources.at("src");
  CHECK(source.name == "src");
  CHECK(source.address.host == "db1");
  CHECK(source.address.port == 0);
  CHECK(source.address.password.empty());
  CHECK(source.heartbeat == milliseconds(1000));
  const PipelineConfig& p = c.pipelines.at(0);
  CHECK(p.exactly_once);
  CHECK_FALSE(p.keep_existing_rows);
  CHECK(p.startup == Startup::initial);
  CHECK(p.stop == StopAt::never);
  CHECK(p.chunk_rows == 8096);
  CHECK(p.chunk_bytes == 16u << 20);
  CHECK(p.target_schema == "{database}");
  CHECK(p.tables.include == std::vector<std::string>{"shop.*"});
}

TEST_CASE("TLS is on unless the server is local") {
  auto mode = [](const std::string& source) { return accept(with_source(source)).sources.at("src").address.tls.mode; };
  CHECK(mode("engine: mysql, host: db1, user: u") == TlsMode::verify_full);
  CHECK(mode("engine: mysql, host: 10.0.0.1, user: u") == TlsMode::verify_full);
  CHECK(mode("engine: mysql, host: 127.0.0.1, user: u") == TlsMode::disabled);
  CHECK(mode("engine: mysql, host: localhost, user: u") == TlsMode::disabled);
  CHECK(mode("engine: mysql, host: \"::1\", user: u") == TlsMode::disabled);
  CHECK(mode("engine: mysql, socket: /run/m.sock, user: u") == TlsMode::disabled);
  CHECK(mode("engine: mysql, host: db1, user: u, tls: {mode: required}") == TlsMode::required);
  CHECK(mode("engine: mysql, host: 127.0.0.1, user: u, tls: {ca: /x.pem}") == TlsMode::disabled);
  CHECK(refusal(with_source("engine: mysql, host: db1, user: u, tls: {mode: preferred}")).find("t.yaml:3:") == 0);
  CHECK(refusal(with_source("engine: mysql, host: db1, user: u, tls: {key: /x}")).find("certificate and key together") !=
        std::string::npos);
  CHECK(refusal(with_source("engine: mysql, socket: /s, user: u, tls: {mode: required}")).find("a Unix socket has no TLS") !=
        std::string::npos);
}

TEST_CASE("everything that can be set is read") {
  Parts parts;
  parts.head =
      "version: 1\ndaemon:\n  state: /s.db\n  socket: /c.sock\n  log: {level: debug, format: json}\n  memory_limit: 64MiB\n  "
      "shutdown_timeout: 5s\n";
  parts.source = "engine: mariadb, host: h, port: 3307, user: u, server_id: 4201, heartbeat: 2s, connect_timeout: 3s";
  parts.sink = "engine: postgres, host: h, database: d, user: u, schema: mark, zero_date: null, nul_character: strip";
  parts.tables = "{include: [\"a.*\", \"b.c\"], exclude: [\"a.x\"], key: {\"a.events\": [t, id]}}";
  parts.pipeline =
      "    target: {schema: \"raw_{database}\", table: \"{table}_v\"}\n    exactly_once: false\n    existing_rows: keep\n"
      "    columns: {\"a.*.n\": {type: \"numeric(20,4)\", unfit: clamp}, a.b.c: {unfit: null, nul_character: strip}, a.b.d: {unfit: "
      "error}}\n"
      "    startup: "
      "{specific: "
      "\"binlog.000012:4711\"}\n"
      "    stop: {timestamp: 2026-01-01T00:00:00Z}\n    snapshot: {workers: 8, chunk_rows: 50, chunk_bytes: 1MiB, adapt: false}\n"
      "    apply: {batch_rows: 10, batch_bytes: 1MiB}\n    retry: {initial: 1s, max: 2s, budget: 3s}\n";
  Config c = accept(parts);
  CHECK(c.daemon.state == "/s.db");
  CHECK(c.daemon.log_level == "debug");
  CHECK(c.daemon.log_format == "json");
  CHECK(c.daemon.memory_limit == 64u << 20);
  CHECK(c.daemon.shutdown_timeout == milliseconds(5000));
  const SourceConfig& source = c.sources.at("src");
  CHECK(source.engine == "mariadb");
  CHECK(source.address.port == 3307);
  CHECK(source.server_id == 4201);
  CHECK(source.heartbeat == milliseconds(2000));
  CHECK(source.address.connect_timeout == milliseconds(3000));
  const SinkConfig& sink = c.sinks.at("dst");
  CHECK(sink.address.database == "d");
  CHECK(sink.tidemark_schema == "mark");
  CHECK(sink.zero_date == ZeroDatePolicy::null);
  CHECK(sink.nul_character == NulPolicy::strip);
  const PipelineConfig& p = c.pipelines.at(0);
  CHECK(p.tables.exclude == std::vector<std::string>{"a.x"});
  CHECK(p.tables.keys.at(0) == std::make_pair(std::string("a.events"), std::vector<std::string>{"t", "id"}));
  CHECK(p.target_schema == "raw_{database}");
  CHECK(p.target_table == "{table}_v");
  const ColumnRules rules = {{"a.*.n", {"numeric(20,4)", Unfit::clamp, std::nullopt}},
                             {"a.b.c", {"", Unfit::null, NulPolicy::strip}},
                             {"a.b.d", {"", Unfit::error, std::nullopt}}};
  CHECK(p.columns == rules);
  CHECK_FALSE(p.exactly_once);
  CHECK(p.keep_existing_rows);
  CHECK(p.startup == Startup::specific);
  CHECK(p.startup_position == "binlog.000012:4711");
  CHECK(p.stop == StopAt::timestamp);
  CHECK(p.stop_micros == 1'767'225'600'000'000);
  CHECK(p.snapshot_workers == 8);
  CHECK(p.chunk_rows == 50);
  CHECK(p.chunk_bytes == 1u << 20);
  CHECK_FALSE(p.adapt_chunks);
  CHECK(p.batch_rows == 10);
  CHECK(p.batch_bytes == 1u << 20);
  CHECK(p.retry_initial == milliseconds(1000));
  CHECK(p.retry_max == milliseconds(2000));
  CHECK(p.retry_budget == milliseconds(3000));
}

TEST_CASE("passwords come from outside, and never show") {
  const TemporaryDirectory dir;
  auto load = [](const std::string& password) { return accept(with_source("engine: mysql, host: h, user: u, password: " + password)); };
  auto refused = [](const std::string& password) { return refusal(with_source("engine: mysql, host: h, user: u, password: " + password)); };
  std::string good = dir.write("good", "s3cret with blanks \n", 0600);
  CHECK(load("{file: " + good + "}").sources.at("src").address.password.reveal() == "s3cret with blanks ");
  setenv("TIDEMARK_TEST_PASSWORD", "from-env", 1);
  CHECK(load("{env: TIDEMARK_TEST_PASSWORD}").sources.at("src").address.password.reveal() == "from-env");
  setenv("CREDENTIALS_DIRECTORY", dir.path().c_str(), 1);
  CHECK(load("{credential: good}").sources.at("src").address.password.reveal() == "s3cret with blanks ");
  CHECK(refused("{credential: ../good}").find("has no '/'") != std::string::npos);
  CHECK(refused("{credential: other}").find("cannot read") != std::string::npos);
  unsetenv("CREDENTIALS_DIRECTORY");
  CHECK(refused("{credential: good}").find("$CREDENTIALS_DIRECTORY is not set") != std::string::npos);
  CHECK(refused("{env: TIDEMARK_TEST_NOT_SET}").find("TIDEMARK_TEST_NOT_SET is not set") != std::string::npos);
  CHECK(refused("{file: /nonexistent/x}").find("cannot read /nonexistent/x: No such file") != std::string::npos);
  CHECK(refused("{file: " + dir.write("empty", "\n", 0600) + "}").find("is empty") != std::string::npos);
  CHECK(refused("{file: " + dir.path().string() + "}").find("is not a regular file") != std::string::npos);
  CHECK(refused("{file: a, env: b}").find("exactly one of file, env, credential") != std::string::npos);
  CHECK(refused("{vault: x}").find("unknown key 'vault'") != std::string::npos);
  std::string plain = refused("hunter2");
  CHECK(plain.find("must not stand in the file itself") != std::string::npos);
  CHECK(plain.find("hunter2") == std::string::npos);
  std::string shown = effective_yaml(load("{file: " + good + "}"));
  CHECK(shown.find("password: \"***\"") != std::string::npos);
  CHECK(shown.find("s3cret") == std::string::npos);
}

TEST_CASE("a password file that everybody can read is a warning") {
  const TemporaryDirectory dir;
  auto warnings = [&](mode_t mode) {
    Parts parts = with_source("engine: mysql, host: h, user: u, password: {file: " + dir.write("p", "x", mode) + "}");
    return parse_config_with(parts.text(), "t.yaml", {}).warnings;
  };
  CHECK(warnings(0600).empty());
  CHECK(warnings(0640).empty());
  REQUIRE(warnings(0644).size() == 1);
  CHECK(warning_line("t.yaml", warnings(0644)[0]).find("t.yaml:3:") == 0);
  CHECK(warnings(0644)[0].text.find("can be read by everybody") != std::string::npos);
}

TEST_CASE("variables are expanded in values, after parsing") {
  setenv("TIDEMARK_TEST_HOST", "db7", 1);
  setenv("TIDEMARK_TEST_PORT", "3399", 1);
  setenv("TIDEMARK_TEST_TRICK", "x, user: root}\nversion: 9", 1);
  Config c = accept(with_source("engine: mysql, host: \"${TIDEMARK_TEST_HOST}\", port: \"${TIDEMARK_TEST_PORT}\", user: \"$$u\""));
  CHECK(c.sources.at("src").address.host == "db7");
  CHECK(c.sources.at("src").address.port == 3399);
  CHECK(c.sources.at("src").address.user == "$u");
  c = accept(with_source("engine: mysql, host: \"${TIDEMARK_TEST_NOT_SET:-fallback}\", user: \"${TIDEMARK_TEST_TRICK}\""));
  CHECK(c.sources.at("src").address.host == "fallback");
  CHECK(c.sources.at("src").address.user == "x, user: root}\nversion: 9");
  CHECK(refusal(with_source("engine: mysql, host: \"${TIDEMARK_TEST_NOT_SET}\", user: u")) ==
        "t.yaml:3:30: 'sources.src.host': the environment variable TIDEMARK_TEST_NOT_SET is not set, and ${TIDEMARK_TEST_NOT_SET} has no "
        "default "
        "(${TIDEMARK_TEST_NOT_SET:-default})\n");
}

TEST_CASE("relative paths are relative to the file") {
  Config c = accept(with_sink("engine: sqlite, path: edge.db"));
  CHECK(c.sinks.at("dst").path == "/etc/tidemark/edge.db");
}

TEST_CASE("what is used by nobody is a warning") {
  std::string text = Parts().text();
  text.replace(text.find("sinks:\n"), 7, "sinks:\n  spare: {engine: sqlite, path: /tmp/tidemark-test/spare.db}\n");
  LoadedConfig loaded = parse_config_with(text, "t.yaml", {});
  REQUIRE(loaded.warnings.size() == 1);
  CHECK(warning_line("t.yaml", loaded.warnings[0]) == "t.yaml:5:3: warning: sink 'spare' is used by no pipeline");
}

TEST_CASE("the effective configuration reads back as itself") {
  Parts parts = with_pipeline(
      "    startup: {timestamp: 2026-01-01T00:00:00Z}\n    stop: {specific: \"0-1-55\"}\n    snapshot: {workers: 3}\n    columns: "
      "{\"a.*.n\": {type: TEXT, unfit: clamp}, a.b.c: {unfit: null}}\n");
  parts.source += ", server_id: 9";
  std::string once = effective_yaml(accept(parts));
  CHECK(once.find("workers: 3") != std::string::npos);
  CHECK(once.find("mode: verify-full") != std::string::npos);
  CHECK(effective_yaml(parse_config(once, "/etc/tidemark/t.yaml")) == once);
}

TEST_CASE("a file that cannot be read says how to name one") {
  try {
    load_config("/nonexistent/tidemark.yaml");
    FAIL("accepted");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::config);
    CHECK(std::string(e.what()).find("cannot read the configuration /nonexistent/tidemark.yaml: No such file") == 0);
    CHECK(e.hint().find("-c FILE") != std::string::npos);
  }
}
