#include "config/load.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "config/readers.h"
#include "config/yaml_tree.h"

namespace tidemark {
namespace {

std::string read_file(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::string out(kConfigBytesMax + 1, '\0');
  size_t size = 0;
  int error = fd < 0 ? errno : 0;
  while (error == 0 && size < out.size()) {
    ssize_t n = read(fd, out.data() + size, out.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) error = errno;
    if (n <= 0) break;
    size += static_cast<size_t>(n);
  }
  if (fd >= 0) close(fd);
  if (error != 0) {
    throw Error(ErrorKind::config, fmt::format("cannot read the configuration {}", path), std::strerror(error),
                "say where it is with -c FILE or TIDEMARK_CONFIG; conf/tidemark.yaml is a commented example to start from");
  }
  out.resize(size);
  return out;
}

void read_version(Section& top) {
  if (top.require("version") == nullptr) return;
  uint32_t version = 1;
  top.read_number("version", version, 0, UINT32_MAX);
  if (version != 1)
    top.problem(top.mark_of("version"), fmt::format("'version' must be 1, not {}", version), "this tidemark knows version 1 only");
}

/// The entries of `sources` and `sinks`: name -> map.
template <class Read>
void read_named(Section& top, std::string_view key, std::map<std::string, Mark>& marks, Read read) {
  const YamlNode* node = top.require(key);
  if (node == nullptr) return;
  if (node->kind != YamlNode::Kind::map) {
    top.problem(node->mark, fmt::format("'{}' must be a map of names, not {}", key, kind_text(*node)));
    return;
  }
  for (size_t i = 0; i < node->keys.size(); ++i) {
    if (!marks.emplace(node->keys[i].text, node->keys[i].mark).second) continue;  // reported as a duplicate key
    read(node->keys[i].text, node->items[i]);
  }
}

void read_pipelines(Section& top, Config& config, ReadContext& context, Marks& marks) {
  const YamlNode* node = top.require("pipelines");
  if (node == nullptr) return;
  if (node->kind != YamlNode::Kind::sequence) {
    top.problem(node->mark, fmt::format("'pipelines' must be a list (- name: ...), not {}", kind_text(*node)));
    return;
  }
  if (node->items.empty()) top.problem(node->mark, "'pipelines' is empty: there is nothing to do");
  for (size_t i = 0; i < node->items.size(); ++i) {
    config.pipelines.push_back(read_pipeline(node->items[i], i, context, marks));
  }
}

}  // namespace

LoadedConfig parse_config_with(std::string_view text, const std::string& path, const LoadOptions& options) {
  Problems problems(path);
  YamlNode root = parse_yaml(text, problems);
  LoadedConfig out;
  Config& config = out.config;
  config.path = path;
  ReadContext context{problems, out.warnings, options, path.substr(0, path.rfind('/') + 1), environment_variable};
  if (root.kind == YamlNode::Kind::null) problems.stop({}, "the file is empty");
  Section top(root, "", context);
  Marks marks;
  read_version(top);
  if (const YamlNode* node = top.take("daemon")) read_daemon(*node, config.daemon, context);
  read_named(top, "sources", marks.sources,
             [&](const std::string& name, const YamlNode& node) { config.sources[name] = read_source(name, node, context); });
  read_named(top, "sinks", marks.sinks,
             [&](const std::string& name, const YamlNode& node) { config.sinks[name] = read_sink(name, node, context, marks); });
  read_pipelines(top, config, context, marks);
  top.finish();
  check_whole(config, marks, context);
  problems.throw_if_any();
  return out;
}

LoadedConfig load_config_with(const std::string& path, const LoadOptions& options) {
  return parse_config_with(read_file(path), path, options);
}

Config load_config(const std::string& path) { return load_config_with(path, {}).config; }
Config parse_config(std::string_view text, const std::string& path) { return parse_config_with(text, path, {}).config; }

std::string warning_line(const std::string& path, const Problem& warning) {
  if (warning.mark.line == 0) return fmt::format("{}: warning: {}", path, warning.text);
  return fmt::format("{}:{}:{}: warning: {}", path, warning.mark.line, warning.mark.column, warning.text);
}

}  // namespace tidemark
