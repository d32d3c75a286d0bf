#include "config/section.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "config/nearest.h"
#include "config/quantity.h"

namespace tidemark {

std::string_view kind_text(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null: return "nothing";
    case YamlNode::Kind::scalar: return "a single value";
    case YamlNode::Kind::sequence: return "a list";
    case YamlNode::Kind::map: return "a map";
  }
  return "nothing";
}

std::optional<Scalar> read_scalar(const YamlNode& node, const std::string& what, ReadContext& context) {
  if (node.kind == YamlNode::Kind::null && node.text == "null") return Scalar{node.text, node.text, true, node.mark};
  if (node.kind == YamlNode::Kind::null) {
    context.problems.add(node.mark, fmt::format("{} has no value", what), "give it a value, or take the line away to have the default");
    return std::nullopt;
  }
  if (node.kind != YamlNode::Kind::scalar) {
    context.problems.add(node.mark, fmt::format("{} must be a single value, not {}", what, kind_text(node)));
    return std::nullopt;
  }
  std::string why;
  std::optional<std::string> text = expand_variables(node.text, context.variables, why);
  if (!text) {
    context.problems.add(node.mark, fmt::format("{}: {}", what, why));
    return std::nullopt;
  }
  // inside {...} a variable must be in quotes, since '}' would end the map; that does not make it a text
  bool plain = !node.quoted || *text != node.text;
  return Scalar{std::move(*text), node.text, plain, node.mark};
}

std::vector<Scalar> read_list(const YamlNode& node, const std::string& what, ReadContext& context) {
  std::vector<Scalar> out;
  if (node.kind != YamlNode::Kind::sequence) {
    context.problems.add(node.mark, fmt::format("{} must be a list, such as [a, b], not {}", what, kind_text(node)));
    return out;
  }
  for (const YamlNode& item : node.items) {
    std::optional<Scalar> scalar = read_scalar(item, what + " entry", context);
    if (scalar && scalar->text.empty()) {
      context.problems.add(item.mark, fmt::format("{} has an empty entry", what));
    } else if (scalar) {
      out.push_back(std::move(*scalar));
    }
  }
  return out;
}

std::string resolve_path(const std::string& path, const ReadContext& context) {
  return path.empty() || path[0] == '/' ? path : context.directory + path;
}

Section::Section(const YamlNode& node, std::string where, ReadContext& context) : node_(node), where_(std::move(where)), context_(context) {
  if (node.kind == YamlNode::Kind::map) return;
  std::string name = where_.empty() ? "the file" : "'" + where_ + "'";
  problem(node.mark, fmt::format("{} must be a map (key: value), not {}", name, kind_text(node)));
}

std::string Section::name_of(std::string_view key) const {
  return where_.empty() ? fmt::format("'{}'", key) : fmt::format("'{}.{}'", where_, key);
}

std::optional<size_t> Section::index_of(std::string_view key) const {
  for (size_t i = 0; i < node_.keys.size() && node_.kind == YamlNode::Kind::map; ++i) {
    if (node_.keys[i].text == key) return i;
  }
  return std::nullopt;
}

Mark Section::mark_of(std::string_view key) const {
  std::optional<size_t> i = index_of(key);
  return i ? node_.items[*i].mark : node_.mark;
}

const YamlNode* Section::take(std::string_view key) {
  known_.emplace_back(key);
  std::optional<size_t> i = index_of(key);
  return i ? &node_.items[*i] : nullptr;
}

const YamlNode* Section::require(std::string_view key) {
  const YamlNode* node = take(key);
  if (node == nullptr && node_.kind == YamlNode::Kind::map) {
    problem(node_.mark, where_.empty() ? fmt::format("'{}' is missing", key) : fmt::format("'{}' is missing in '{}'", key, where_));
  }
  return node;
}

std::optional<Scalar> Section::scalar(std::string_view key) {
  const YamlNode* node = take(key);
  return node == nullptr ? std::nullopt : read_scalar(*node, name_of(key), context_);
}

void Section::read(std::string_view key, std::string& out) {
  std::optional<Scalar> value = scalar(key);
  if (!value) return;
  if (value->text.empty()) {
    problem(value->mark, fmt::format("{} is empty", name_of(key)));
    return;
  }
  if (value->text.find('\0') != std::string::npos) {
    problem(value->mark, fmt::format("{} has a NUL character", name_of(key)));
    return;
  }
  out = value->text;
}

void Section::read(std::string_view key, bool& out) {
  std::optional<Scalar> value = scalar(key);
  if (!value) return;
  if (value->plain && (value->text == "true" || value->text == "false")) {
    out = value->text == "true";
    return;
  }
  problem(value->mark, fmt::format("{} must be true or false, not '{}'", name_of(key), value->written));
}

void Section::read(std::string_view key, std::chrono::milliseconds& out, std::chrono::milliseconds min, std::chrono::milliseconds max) {
  std::optional<Scalar> value = scalar(key);
  if (!value) return;
  std::string why;
  std::optional<std::chrono::milliseconds> duration = parse_duration(value->text, why);
  if (!duration) {
    problem(value->mark, fmt::format("{}: '{}' {}", name_of(key), value->written, why));
  } else if (*duration < min || *duration > max) {
    problem(value->mark,
            fmt::format("{} must be from {} to {}, not '{}'", name_of(key), duration_text(min), duration_text(max), value->written));
  } else {
    out = *duration;
  }
}

void Section::read_path(std::string_view key, std::string& out) {
  std::string path;
  read(key, path);
  if (!path.empty()) out = resolve_path(path, context_);
}

void Section::read_size(std::string_view key, uint64_t& out, uint64_t min, uint64_t max) {
  std::optional<Scalar> value = scalar(key);
  if (!value) return;
  std::string why;
  std::optional<uint64_t> size = parse_size(value->text, why);
  if (!size) {
    problem(value->mark, fmt::format("{}: '{}' {}", name_of(key), value->written, why));
  } else if (*size < min || *size > max) {
    problem(value->mark, fmt::format("{} must be from {} to {}, not '{}'", name_of(key), size_text(min), size_text(max), value->written));
  } else {
    out = *size;
  }
}

void Section::number(std::string_view key, uint64_t& out, uint64_t min, uint64_t max) {
  std::optional<Scalar> value = scalar(key);
  if (!value) return;
  uint64_t number = 0;
  const char* end = value->text.data() + value->text.size();
  auto [stopped, ec] = std::from_chars(value->text.data(), end, number);
  if (!value->plain || ec != std::errc() || stopped != end || number < min || number > max) {
    std::string quotes = value->plain ? "" : " in quotes";
    problem(value->mark,
            fmt::format("{} must be a whole number from {} to {}, not '{}'{}", name_of(key), min, max, value->written, quotes));
    return;
  }
  out = number;
}

std::optional<size_t> Section::choice_index(std::string_view key, const std::vector<std::string>& words) {
  std::optional<Scalar> value = scalar(key);
  if (!value) return std::nullopt;
  for (size_t i = 0; i < words.size(); ++i) {
    if (value->text == words[i]) return i;
  }
  std::string suggestion = did_you_mean(value->text, words);
  problem(value->mark, fmt::format("{} must be one of {}, not '{}'{}", name_of(key), fmt::join(words, ", "), value->written, suggestion));
  return std::nullopt;
}

void Section::refuse(std::string_view key, const std::string& why_not) {
  known_.emplace_back(key);
  std::optional<size_t> i = index_of(key);
  if (i) problem(node_.keys[*i].mark, fmt::format("{} {}", name_of(key), why_not));
}

void Section::finish() {
  if (node_.kind != YamlNode::Kind::map) return;
  for (const YamlKey& key : node_.keys) {
    if (std::find(known_.begin(), known_.end(), key.text) != known_.end()) continue;
    std::vector<std::string> free;  // a key that is there already is not what was meant
    for (const std::string& known : known_) {
      if (!has(known)) free.push_back(known);
    }
    std::string suggestion = did_you_mean(key.text, free);
    std::string hint = suggestion.empty() ? fmt::format("known here: {}", fmt::join(known_, ", ")) : "";
    std::string in = where_.empty() ? "" : fmt::format(" in '{}'", where_);
    problem(key.mark, fmt::format("unknown key '{}'{}{}", key.text, in, suggestion), hint);
  }
}

}  // namespace tidemark
