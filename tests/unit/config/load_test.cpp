// Whole configurations: what is accepted, with which defaults, and which message stands at which place for what is not.
#include "config/load.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "config/effective.h"
#include "support/catch.h"

using namespace tidemark;
using std::chrono::milliseconds;

namespace {

/// A good configuration in the pieces that tests change.
struct Parts {
  std::string head = "version: 1\n";
  std::string source = "engine: mysql, host: db1, user: u";
  std::string sink = "engine: sqlite, path: /tmp/tidemark-test/x.db";
  std::string pipeline;  // more keys of the pipeline, each "    key: value\n"
  std::string tables = "{include: [\"shop.*\"]}";

  std::string text() const {
    return head + "sources:\n  src: {" + source + "}\nsinks:\n  dst: {" + sink +
           "}\npipelines:\n  - name: p\n    source: src\n    sink: dst\n    tables: " + tables + "\n" + pipeline;
  }
};

Config accept(const Parts& parts) { return parse_config(parts.text(), "/etc/tidemark/t.yaml"); }

/// All problems, a line each; "" when accepted.
std::string refusal(const std::string& text) {
  try {
    parse_config(text, "t.yaml");
  } catch (const ConfigError& e) {
    CHECK(e.kind() == ErrorKind::config);
    std::string out;
    for (const Problem& p : e.problems()) out += e.line(p) + "\n";
    CHECK(std::string(e.what()) + "\n" == out);
    return out;
  }
  return "";
}
std::string refusal(const Parts& parts) { return refusal(parts.text()); }

Parts with_source(const std::string& source) {
  Parts parts;
  parts.source = source;
  return parts;
}
Parts with_sink(const std::string& sink) {
  Parts parts;
  parts.sink = sink;
  return parts;
}
Parts with_pipeline(const std::string& more) {
  Parts parts;
  parts.pipeline = more;
  return parts;
}

/// A directory that is removed with its files at the end.
class TempDir {
 public:
  TempDir() { REQUIRE(mkdtemp(path_.data()) != nullptr); }
  ~TempDir() {
    for (const std::string& file : files_) unlink(file.c_str());
    rmdir(path_.c_str());
  }
  std::string file(const std::string& name, const std::string& content, mode_t mode) {
    std::string full = path_ + "/" + name;
    std::ofstream(full, std::ios::binary) << content;
    chmod(full.c_str(), mode);
    files_.push_back(full);
    return full;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/tidemark-config-XXXXXX";
  std::vector<std::string> files_;
};

}  // namespace

TEST_CASE("the commented example is accepted as it stands") {
  LoadOptions options;
  options.secrets_must_be_readable = false;
  unsetenv("CREDENTIALS_DIRECTORY");
  LoadedConfig loaded = load_config_with(TIDEMARK_SOURCE_DIR "/conf/tidemark.yaml", options);
  CHECK(loaded.config.pipelines.size() == 2);
  CHECK(loaded.config.pipelines[0].tables.keys.size() == 1);
  size_t passwords = 0;
  for (const Problem& w : loaded.warnings) passwords += w.text.find("password") != std::string::npos ? 1 : 0;
  CHECK(passwords == 2);
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
      "    target: {schema: \"raw_{database}\", table: \"{table}_v\"}\n    exactly_once: false\n    startup: {specific: "
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
  CHECK_FALSE(p.exactly_once);
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

TEST_CASE("unknown keys are named with their place and the nearest key") {
  CHECK(refusal(with_source("engine: mysql, host: db1, user: u, prot: 1")) ==
        "t.yaml:3:44: unknown key 'prot' in 'sources.src' (did you mean 'port'?)\n");
  CHECK(refusal(with_pipeline("    snapshot: {worker: 1}\n")) ==
        "t.yaml:11:16: unknown key 'worker' in 'pipelines.p.snapshot' (did you mean 'workers'?)\n");
  Parts parts;
  parts.head = "version: 1\ndeamon: {}\n";
  CHECK(refusal(parts) == "t.yaml:2:1: unknown key 'deamon' (did you mean 'daemon'?)\n");
  parts.head = "version: 1\nzzz: 1\n";
  CHECK(refusal(parts) == "t.yaml:2:1: unknown key 'zzz'\n");
}

TEST_CASE("several problems are reported together, in the order of the file") {
  Parts parts = with_pipeline("    exactly_once: yes\n    retry: {initial: 5}\n");
  parts.source = "engine: mysq, host: db1, user: u";
  CHECK(refusal(parts) ==
        "t.yaml:3:17: 'sources.src.engine' must be one of mysql, mariadb, not 'mysq' (did you mean 'mysql'?)\n"
        "t.yaml:11:19: 'pipelines.p.exactly_once' must be true or false, not 'yes'\n"
        "t.yaml:12:22: 'pipelines.p.retry.initial': '5' has no unit: write a whole number and its unit, such as 500ms, 10s, 5m or 1h\n");
}

TEST_CASE("duplicate keys and names are refused") {
  CHECK(refusal(with_source("engine: mysql, host: a, host: b, user: u")) == "t.yaml:3:33: key 'host' is given twice (first in line 3)\n");
  CHECK(refusal(with_pipeline("    sink: dst\n")).find("t.yaml:11:5: key 'sink' is given twice (first in line 9)") == 0);
  CHECK(refusal(with_pipeline("  - {name: p, source: src, sink: dst, tables: {include: [\"a.b\"]}}\n")) ==
        "t.yaml:11:12: pipeline 'p' exists already (line 7)\n");
}

TEST_CASE("missing references and keys are refused") {
  std::string text = Parts().text();
  text.replace(text.find("source: src"), 11, "source: srx");
  CHECK(refusal(text) == "t.yaml:8:13: pipeline 'p': there is no source 'srx' (did you mean 'src'?)\n");
  CHECK(refusal("version: 1\n") ==
        "t.yaml:1:1: 'sources' is missing\nt.yaml:1:1: 'sinks' is missing\nt.yaml:1:1: 'pipelines' is missing\n");
  CHECK(refusal(with_source("host: db1, user: u")) == "t.yaml:3:8: 'engine' is missing in 'sources.src'\n");
  CHECK(refusal(with_source("engine: mysql, host: db1")) == "t.yaml:3:8: 'user' is missing in 'sources.src'\n");
  CHECK(refusal(with_sink("engine: sqlite")) == "t.yaml:5:8: 'path' is missing in 'sinks.dst'\n");
  CHECK(refusal(with_sink("engine: postgres, user: u")) == "t.yaml:5:8: 'database' is missing in 'sinks.dst'\n");
  CHECK(refusal("") == "t.yaml: the file is empty\n");
  CHECK(refusal("# nothing\n") == "t.yaml: the file is empty\n");
  CHECK(refusal("[]\n").find("t.yaml:1:1: the file must be a map (key: value), not a list\n") == 0);
}

TEST_CASE("the version of the format is checked") {
  Parts parts;
  parts.head = "";
  CHECK(refusal(parts) == "t.yaml:1:1: 'version' is missing\n");
  parts.head = "version: 2\n";
  CHECK(refusal(parts) == "t.yaml:1:10: 'version' must be 1, not 2\n");
  parts.head = "version: \"1\"\n";
  CHECK(refusal(parts).find("in quotes") != std::string::npos);
}

TEST_CASE("wrong types, ranges and words are refused") {
  auto all = [](const std::string& more) { return refusal(with_pipeline("    " + more + "\n")); };
  CHECK(all("snapshot: 5") == "t.yaml:11:15: 'pipelines.p.snapshot' must be a map (key: value), not a single value\n");
  CHECK(all("snapshot: {workers: 0}") == "t.yaml:11:25: 'pipelines.p.snapshot.workers' must be a whole number from 1 to 64, not '0'\n");
  CHECK(all("snapshot: {workers: 65}").find("from 1 to 64") != std::string::npos);
  CHECK(all("snapshot: {workers: two}").find("from 1 to 64, not 'two'") != std::string::npos);
  CHECK(all("snapshot: {workers: 1.5}").find("from 1 to 64, not '1.5'") != std::string::npos);
  CHECK(all("snapshot: {workers: [1]}").find("must be a single value, not a list") != std::string::npos);
  CHECK(all("snapshot: {workers: }").find("has no value") != std::string::npos);
  CHECK(all("snapshot: {chunk_rows: 10000001}").find("from 1 to 10000000") != std::string::npos);
  CHECK(all("snapshot: {chunk_bytes: 1KiB}").find("must be from 64KiB to 1GiB, not '1KiB'") != std::string::npos);
  CHECK(all("startup: inital").find("(did you mean 'initial'?)") != std::string::npos);
  CHECK(all("startup: specific").find("needs a place") != std::string::npos);
  CHECK(all("startup: {}").find("exactly one of specific, timestamp") != std::string::npos);
  CHECK(all("startup: {specific: a, timestamp: 2026-01-01T00:00:00Z}").find("exactly one") != std::string::npos);
  CHECK(all("stop: {timestamp: tomorrow}").find("is not a point in time") != std::string::npos);
  CHECK(all("startup: snapshot-only\n    stop: latest").find("has no meaning") != std::string::npos);
  CHECK(all("retry: {initial: 2s, max: 1s}").find("is longer than max") != std::string::npos);
  CHECK(all("target: {table: \"{tabel}\"}").find("may use {database} and {table} only") != std::string::npos);
  CHECK(all("exactly_once: \"true\"").find("must be true or false") != std::string::npos);
  CHECK(refusal(with_source("engine: mysql, host: h, user: u, port: 0")).find("from 1 to 65535") != std::string::npos);
  CHECK(refusal(with_source("engine: mysql, host: h, user: u, database: d")).find("does not belong to a source") != std::string::npos);
  CHECK(refusal(with_source("engine: mysql, host: h, socket: /s, user: u")).find("both host and socket") != std::string::npos);
  CHECK(refusal(with_sink("engine: sqlite, path: /x.db, host: h")).find("'sinks.dst.host' does not belong to a sqlite sink") !=
        std::string::npos);
  CHECK(refusal(with_sink("engine: postgres, user: u, database: d, zero_date: nul")).find("(did you mean 'null'?)") != std::string::npos);
  Parts parts;
  parts.head = "version: 1\ndaemon: {memory_limit: 63MiB}\n";
  CHECK(refusal(parts).find("t.yaml:2:24: 'daemon.memory_limit' must be from 64MiB") == 0);
  parts.head = "version: 1\ndaemon: {memory_limit: 64MiB}\n";
  parts.pipeline = "    snapshot: {workers: 8}\n";
  CHECK(refusal(parts).find("need more than memory_limit 64MiB") != std::string::npos);
}

TEST_CASE("tables must be chosen, by database and table") {
  Parts parts;
  parts.tables = "{include: []}";
  CHECK(refusal(parts).find("nothing would be captured") != std::string::npos);
  parts.tables = "{exclude: [\"a.b\"]}";
  CHECK(refusal(parts).find("'include' is missing in 'pipelines.p.tables'") != std::string::npos);
  parts.tables = "{include: [orders]}";
  CHECK(refusal(parts) == "t.yaml:10:24: 'pipelines.p.tables.include': 'orders' names no database\n");
  parts.tables = "{include: [\"a.b\"], key: {\"a.b\": []}}";
  CHECK(refusal(parts).find("has no columns") != std::string::npos);
  parts.tables = "{include: [\"a.b\"], key: {\"a.b\": [id, id]}}";
  CHECK(refusal(parts).find("has the column 'id' twice") != std::string::npos);
  parts.tables = "{include: [\"a.b\"], key: {\"a.*\": [id]}}";
  CHECK(refusal(parts).find("is not the name of one table") != std::string::npos);
  parts.tables = "{include: \"a.b\"}";
  CHECK(refusal(parts).find("must be a list") != std::string::npos);
}

TEST_CASE("two sinks, or a sink and the state, are never one file") {
  std::string text = Parts().text();
  text.replace(text.find("sinks:\n"), 7, "sinks:\n  other: {engine: sqlite, path: /tmp/tidemark-test/../tidemark-test/x.db}\n");
  CHECK(refusal(text).find("has the same file as sink 'dst'") != std::string::npos);
  CHECK(refusal(with_sink("engine: sqlite, path: /var/lib/tidemark/state.db")).find("has the same file as daemon.state") !=
        std::string::npos);
}

TEST_CASE("one server_id cannot serve two sources of one server") {
  std::string text = with_source("engine: mysql, host: h, user: u, server_id: 7").text();
  text.replace(text.find("sources:\n"), 9, "sources:\n  twin: {engine: mysql, host: h, user: u, server_id: 7}\n");
  CHECK(refusal(text).find("have the same server_id at the same server") != std::string::npos);
}

TEST_CASE("passwords come from outside, and never show") {
  TempDir dir;
  auto load = [](const std::string& password) { return accept(with_source("engine: mysql, host: h, user: u, password: " + password)); };
  auto refused = [](const std::string& password) { return refusal(with_source("engine: mysql, host: h, user: u, password: " + password)); };
  std::string good = dir.file("good", "s3cret with blanks \n", 0600);
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
  CHECK(refused("{file: " + dir.file("empty", "\n", 0600) + "}").find("is empty") != std::string::npos);
  CHECK(refused("{file: " + dir.path() + "}").find("is not a regular file") != std::string::npos);
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
  TempDir dir;
  auto warnings = [&](mode_t mode) {
    Parts parts = with_source("engine: mysql, host: h, user: u, password: {file: " + dir.file("p", "x", mode) + "}");
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
  Parts parts =
      with_pipeline("    startup: {timestamp: 2026-01-01T00:00:00Z}\n    stop: {specific: \"0-1-55\"}\n    snapshot: {workers: 3}\n");
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

TEST_CASE("a flood of problems ends") {
  std::string text = "version: 1\n";
  for (int i = 0; i < 1000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  try {
    parse_config(text, "t.yaml");
    FAIL("accepted");
  } catch (const ConfigError& e) {
    CHECK(e.problems().size() == 50);
  }
}
