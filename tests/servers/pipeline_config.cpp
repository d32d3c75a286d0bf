#include "servers/pipeline_config.h"

#include <fmt/core.h>

#include <sstream>

namespace tidemark::test {
namespace {

std::string indented(const std::string& lines, size_t spaces) {
  std::istringstream in(lines);
  std::string out;
  for (std::string line; std::getline(in, line);) out += std::string(spaces, ' ') + line + "\n";
  return out;
}

std::string double_quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

/// The lines of a source or sink that say how to reach it.
std::string access_lines(const DatabaseServer& server, const Login& login, uint16_t port, const std::string& secret) {
  std::string out = fmt::format("    engine: {}\n    host: {}\n    port: {}\n    user: {}\n    password: {{file: {}}}\n", server.engine(),
                                server.host(), port != 0 ? port : server.port(), login.user, secret);
  if (!login.database.empty()) out += "    database: " + login.database + "\n";
  return out;
}

std::string write_file(const TempDir& directory, const DatabaseServer& source, const std::string& sink, const PipelineFile& pipeline) {
  const Login login = source.source_login();
  const std::string secret = directory.write("source.password", login.password);
  std::string globs;
  for (const auto& glob : pipeline.include) globs += (globs.empty() ? "" : ", ") + double_quoted(glob);
  std::string text = "version: 1\ndaemon:\n";
  text += fmt::format("  state: {}\n  socket: {}\n", state_path(directory), socket_path(directory));
  text += indented(pipeline.daemon_yaml, 2);
  text += "sources:\n  origin:\n" + access_lines(source, login, pipeline.source_port, secret);
  text += indented(pipeline.source_yaml, 4) + pipeline.more_sources_yaml;
  text += "sinks:\n  target:\n" + sink + indented(pipeline.sink_yaml, 4) + pipeline.more_sinks_yaml;
  text += fmt::format("pipelines:\n  - name: {}\n    source: origin\n    sink: target\n    tables:\n      include: [{}]\n", pipeline.name,
                      globs);
  text += indented(pipeline.tables_yaml, 6) + indented(pipeline.pipeline_yaml, 4) + pipeline.more_pipelines_yaml;
  return directory.write("tidemark.yaml", text);
}

}  // namespace

std::string state_path(const TempDir& directory) { return directory.file("state.db"); }
std::string socket_path(const TempDir& directory) { return directory.file("control.sock"); }
std::string sqlite_path(const TempDir& directory) { return directory.file("sink.db"); }

std::string write_config(const TempDir& directory, const DatabaseServer& source, const DatabaseServer& sink, const PipelineFile& pipeline) {
  const Login login = sink.sink_login();
  const std::string secret = directory.write("sink.password", login.password);
  return write_file(directory, source, access_lines(sink, login, pipeline.sink_port, secret), pipeline);
}

std::string write_config(const TempDir& directory, const DatabaseServer& source, const PipelineFile& pipeline) {
  return write_file(directory, source, fmt::format("    engine: sqlite\n    path: {}\n", sqlite_path(directory)), pipeline);
}

}  // namespace tidemark::test
