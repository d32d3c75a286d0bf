// The configuration file as a small tree with places, and the only door to yaml-cpp. Refused before a tree exists: files over 1 MiB,
// nesting deeper than 32, anchors, aliases, tags, bytes that are not text, a second document. Duplicate keys are collected as problems
// (yaml-cpp would take the first without a word). Used by one thread; throws ConfigError.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/problems.h"

namespace tidemark {

inline constexpr size_t kConfigBytesMax = 1u << 20;
inline constexpr size_t kConfigDepthMax = 32;

struct YamlKey {
  std::string text;
  Mark mark;
};

struct YamlNode {
  enum class Kind : uint8_t { null, scalar, sequence, map };
  Kind kind = Kind::null;
  bool quoted = false;  // scalar in quotes or a block scalar: text, whatever it looks like
  std::string text;     // scalar: as written; null: "null" or "~" as written, "" when nothing is there
  Mark mark;
  std::vector<YamlKey> keys;    // map: keys[i] belongs to items[i]
  std::vector<YamlNode> items;  // sequence or map
};

/// The one document of `text`; an empty one is null.
YamlNode parse_yaml(std::string_view text, Problems& problems);

}  // namespace tidemark
