// A good configuration in pieces that tests change, and what the loader says of it.
#pragma once

#include <string>

#include "config/load.h"
#include "support/catch.h"

namespace tidemark::test {

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

inline Config accept(const Parts& parts) { return parse_config(parts.text(), "/etc/tidemark/t.yaml"); }

/// All problems, a line each; "" when accepted.
inline std::string refusal(const std::string& text) {
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
inline std::string refusal(const Parts& parts) { return refusal(parts.text()); }

inline Parts with_source(const std::string& source) {
  Parts parts;
  parts.source = source;
  return parts;
}
inline Parts with_sink(const std::string& sink) {
  Parts parts;
  parts.sink = sink;
  return parts;
}
inline Parts with_pipeline(const std::string& more) {
  Parts parts;
  parts.pipeline = more;
  return parts;
}

}  // namespace tidemark::test
