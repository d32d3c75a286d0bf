// Which message stands at which place for what is not accepted.
#include "config/load.h"
#include "support/catch.h"
#include "unit/config/config_parts.h"

using namespace tidemark;
using namespace tidemark::test;

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
        "t.yaml:3:17: 'sources.src.engine' must be one of mysql, mariadb, postgres, not 'mysq' (did you mean 'mysql'?)\n"
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

TEST_CASE("rules for columns are checked where they stand") {
  auto with_columns = [](const std::string& columns) { return with_pipeline("    columns: " + columns + "\n"); };
  CHECK(refusal(with_columns("{a.b.c: {type: TEXT, unfit: clamp}}")).empty());
  CHECK(refusal(with_columns("[a.b.c]")).find("t.yaml:11:14: 'pipelines.p.columns' must be a map") == 0);
  CHECK(refusal(with_columns("{b.c: {type: TEXT}}")).find("t.yaml:11:15: 'pipelines.p.columns': 'b.c' does not name a column") == 0);
  CHECK(refusal(with_columns("{a.b.c: {unfit: cramp}}")).find("must be one of error, null, clamp, not 'cramp' (did you mean 'clamp'?)") !=
        std::string::npos);
  CHECK(refusal(with_columns("{a.b.c: {tpye: TEXT}}")).find("(did you mean 'type'?)") != std::string::npos);
  CHECK(refusal(with_columns("{a.b.c: {}}")).find("t.yaml:11:22: 'pipelines.p.columns.a.b.c' says nothing") == 0);
  CHECK(refusal(with_columns("{a.b.c: {type: numeric}}")).find("must be one of INTEGER, REAL, TEXT, BLOB") != std::string::npos);
  CHECK(refusal(with_columns("{a.b.c: {nul_character: strip}}")).find("t.yaml:11:15: 'pipelines.p.columns.a.b.c.nul_character' has no") ==
        0);
  for (const char* type : {"int); DROP TABLE x", "int)", "(int", "'a", "int --", "\\\"a", "int/**/"}) {
    Parts parts = with_columns("{a.b.c: {type: \"" + std::string(type) + "\"}}");
    parts.sink = "engine: postgres, host: h, database: d, user: u";
    CHECK_FALSE(refusal(parts).empty());
  }
  for (const char* type :
       {"numeric(20,4)", "enum('a','b')", "double precision", "public.mood[]", "\\\"My Type\\\"", "timestamp(3) with time zone"}) {
    Parts parts = with_columns("{a.b.c: {type: \"" + std::string(type) + "\"}}");
    parts.sink = "engine: postgres, host: h, database: d, user: u";
    CHECK(refusal(parts).empty());
  }
}
