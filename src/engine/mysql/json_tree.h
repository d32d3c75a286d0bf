// JSON text of the server taken apart so that parts of it can be replaced: scalars stay the text that they are. For partial updates.
// Value types; one thread; total on any text (depth is limited to kJsonDepthMax levels, as on the server).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::mysql {

struct JsonNode {
  enum class Kind : uint8_t { scalar, object, array };
  Kind kind = Kind::scalar;
  std::string text;                // scalar: as it stands in the document
  std::vector<std::string> keys;   // object: decoded, in the server's order (shorter first, then by bytes)
  std::vector<JsonNode> children;  // object, array

  /// Place of a member, or where it belongs; `found` says which.
  size_t place_of(std::string_view key, bool& found) const;
  /// Objects and arrays within each other, this one counted.
  int levels() const;
};

/// False: not JSON text as a server prints it.
bool parse_json(std::string_view text, JsonNode& root);
void write_json(const JsonNode& node, std::string& out);

/// One step of a path: a member, or a place in an array.
struct JsonLeg {
  bool member = false;
  std::string key;
  size_t index = 0;
};
/// "$.a[3].\"b c\"" into its legs. False: not a path, or one with wildcards or ranges.
bool parse_json_path(std::string_view text, std::vector<JsonLeg>& legs);

}  // namespace tidemark::mysql
