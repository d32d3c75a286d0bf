#include "engine/mysql/json_diff.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/byte_cursor.h"
#include "engine/mysql/json_binary.h"
#include "engine/mysql/json_tree.h"

namespace tidemark::mysql {

namespace {

enum class Operation : uint8_t { replace = 0, insert = 1, remove = 2 };

/// nullptr: there is no such place in this document.
JsonNode* step_into(JsonNode& node, const JsonLeg& leg) {
  if (leg.member) {
    bool found = false;
    size_t i = node.kind == JsonNode::Kind::object ? node.place_of(leg.key, found) : 0;
    return found ? &node.children[i] : nullptr;
  }
  if (node.kind == JsonNode::Kind::array) return leg.index < node.children.size() ? &node.children[leg.index] : nullptr;
  return leg.index == 0 ? &node : nullptr;  // a scalar or object is its own first element
}

bool insert_into(JsonNode& parent, const JsonLeg& leg, JsonNode value) {
  if (leg.member) {
    if (parent.kind != JsonNode::Kind::object) return false;
    bool found = false;
    auto place = static_cast<std::ptrdiff_t>(parent.place_of(leg.key, found));
    if (found) return false;
    parent.keys.insert(parent.keys.begin() + place, leg.key);
    parent.children.insert(parent.children.begin() + place, std::move(value));
    return true;
  }
  if (parent.kind != JsonNode::Kind::array) return false;
  auto place = static_cast<std::ptrdiff_t>(std::min(leg.index, parent.children.size()));
  parent.children.insert(parent.children.begin() + place, std::move(value));
  return true;
}

bool remove_from(JsonNode& parent, const JsonLeg& leg) {
  if (leg.member) {
    bool found = false;
    auto place = static_cast<std::ptrdiff_t>(parent.kind == JsonNode::Kind::object ? parent.place_of(leg.key, found) : 0);
    if (!found) return false;
    parent.keys.erase(parent.keys.begin() + place);
    parent.children.erase(parent.children.begin() + place);
    return true;
  }
  if (parent.kind != JsonNode::Kind::array || leg.index >= parent.children.size()) return false;
  parent.children.erase(parent.children.begin() + static_cast<std::ptrdiff_t>(leg.index));
  return true;
}

constexpr const char* kNowhere = "a path leads nowhere in the document before the change";
constexpr const char* kTooDeep = "the document after the change is deeper than a server allows";

/// nullptr, or what is wrong.
const char* apply_one(JsonNode& root, Operation operation, const std::vector<JsonLeg>& legs, JsonNode value) {
  if (operation != Operation::replace && legs.empty()) return kNowhere;
  const size_t steps = operation == Operation::replace ? legs.size() : legs.size() - 1;
  JsonNode* node = &root;
  int depth = 0;
  for (size_t i = 0; i < steps; ++i) {
    JsonNode* next = step_into(*node, legs[i]);
    if (next == nullptr) return kNowhere;
    depth += next == node ? 0 : 1;
    node = next;
  }
  if (operation == Operation::remove) return remove_from(*node, legs.back()) ? nullptr : kNowhere;
  if (depth + (operation == Operation::insert ? 1 : 0) + value.levels() > kJsonDepthMax) return kTooDeep;
  if (operation == Operation::insert) return insert_into(*node, legs.back(), std::move(value)) ? nullptr : kNowhere;
  *node = std::move(value);
  return nullptr;
}

}  // namespace

bool apply_json_diffs(std::string_view before, std::string_view diffs, std::string& out, std::string& why) {
  JsonNode root;
  if (!parse_json(before, root)) {
    why = "the document before the change is not JSON";
    return false;
  }
  ByteCursor cursor(diffs);
  std::vector<JsonLeg> legs;
  std::string text;
  while (!cursor.at_end()) {
    auto operation = static_cast<Operation>(cursor.u8());
    std::string_view path = cursor.bytes(cursor.length_encoded());
    std::string_view binary = operation == Operation::remove ? std::string_view() : cursor.bytes(cursor.length_encoded());
    legs.clear();
    if (cursor.failed() || operation > Operation::remove || !parse_json_path(path, legs)) {
      why = "malformed list of changes";
      return false;
    }
    JsonNode value;
    text.clear();
    if (operation != Operation::remove && (!print_json(binary, text) || !parse_json(text, value))) {
      why = "malformed value in the list of changes";
      return false;
    }
    if (const char* wrong = apply_one(root, operation, legs, std::move(value))) {
      why = wrong;
      return false;
    }
  }
  write_json(root, out);
  return true;
}

}  // namespace tidemark::mysql
