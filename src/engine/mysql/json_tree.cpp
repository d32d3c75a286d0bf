#include "engine/mysql/json_tree.h"

#include <algorithm>
#include <charconv>

#include "engine/mysql/json_binary.h"
#include "engine/mysql/json_text.h"
#include "engine/mysql/utf8.h"

namespace tidemark::mysql {

namespace {

/// The server's order of object keys.
bool key_less(std::string_view a, std::string_view b) { return a.size() != b.size() ? a.size() < b.size() : a < b; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  /// `depth`: containers around it.
  bool value(JsonNode& node, int depth) {
    spaces();
    if (at_ >= text_.size()) return false;
    char c = text_[at_];
    if (c == '{' || c == '[') return container(node, c == '{', depth);
    size_t begin = at_;
    if (c == '"') {
      std::string ignored;
      if (!string(ignored)) return false;
    } else {
      while (at_ < text_.size() && std::string_view(",]} \n\t\r").find(text_[at_]) == std::string_view::npos) ++at_;
    }
    node.text = text_.substr(begin, at_ - begin);
    return !node.text.empty();
  }

  bool at_end() {
    spaces();
    return at_ == text_.size();
  }

  /// A string in double quotes, decoded.
  bool string(std::string& out) {
    if (!take('"')) return false;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] != '\\') {
        out += text_[at_++];
      } else if (!escape(out)) {
        return false;
      }
    }
    return take('"');
  }

  size_t at() const { return at_; }

 private:
  void spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool unit(uint32_t& out) {
    if (text_.size() - at_ < 4) return false;
    out = 0;
    for (int i = 0; i < 4; ++i) {
      int digit = hex_digit(text_[at_++]);
      if (digit < 0) return false;
      out = out << 4 | static_cast<uint32_t>(digit);
    }
    return true;
  }

  bool escape(std::string& out) {
    ++at_;
    if (at_ >= text_.size()) return false;
    constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
    char c = text_[at_++];
    if (size_t i = kFrom.find(c); i != std::string_view::npos) {
      out += kTo[i];
      return true;
    }
    uint32_t code = 0, low = 0;
    if (c != 'u' || !unit(code)) return false;
    if (code >= 0xD800 && code < 0xDC00) {
      if (!take('\\') || !take('u') || !unit(low) || low < 0xDC00 || low > 0xDFFF) return false;
      code = 0x10000 + ((code & 0x3FF) << 10 | (low & 0x3FF));
    }
    char bytes[4];
    out.append(bytes, put_utf8(code, bytes));
    return true;
  }

  bool container(JsonNode& node, bool object, int depth) {
    if (depth >= kJsonDepthMax) return false;
    node.kind = object ? JsonNode::Kind::object : JsonNode::Kind::array;
    const char close = object ? '}' : ']';
    ++at_;
    spaces();
    if (take(close)) return true;
    for (;;) {
      spaces();
      if (object) {
        if (!string(node.keys.emplace_back())) return false;
        spaces();
        if (!take(':')) return false;
      }
      if (!value(node.children.emplace_back(), depth + 1)) return false;
      spaces();
      if (take(close)) return true;
      if (!take(',')) return false;
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

size_t JsonNode::place_of(std::string_view key, bool& found) const {
  auto it = std::lower_bound(keys.begin(), keys.end(), key, key_less);
  found = it != keys.end() && *it == key;
  return static_cast<size_t>(it - keys.begin());
}

int JsonNode::levels() const {
  int deepest = 0;
  for (const JsonNode& child : children) deepest = std::max(deepest, child.levels());
  return kind == Kind::scalar ? 0 : deepest + 1;
}

bool parse_json(std::string_view text, JsonNode& root) {
  Parser parser(text);
  return parser.value(root, 0) && parser.at_end();
}

void write_json(const JsonNode& node, std::string& out) {
  if (node.kind == JsonNode::Kind::scalar) {
    out += node.text;
    return;
  }
  const bool object = node.kind == JsonNode::Kind::object;
  out += object ? '{' : '[';
  for (size_t i = 0; i < node.children.size(); ++i) {
    if (i > 0) out += ", ";
    if (object) {
      append_json_string(node.keys[i], out);
      out += ": ";
    }
    write_json(node.children[i], out);
  }
  out += object ? '}' : ']';
}

bool parse_json_path(std::string_view text, std::vector<JsonLeg>& legs) {
  if (text.empty() || text[0] != '$') return false;
  text.remove_prefix(1);
  while (!text.empty()) {
    JsonLeg& leg = legs.emplace_back();
    char c = text[0];
    text.remove_prefix(1);
    if (c == '[') {
      auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), leg.index);
      auto used = static_cast<size_t>(end - text.data());
      if (error != std::errc() || used >= text.size() || text[used] != ']') return false;
      text.remove_prefix(used + 1);
    } else if (c == '.' && !text.empty()) {
      leg.member = true;
      size_t used = 0;
      if (text[0] == '"') {
        Parser quoted(text);
        if (!quoted.string(leg.key)) return false;
        used = quoted.at();
      } else {
        used = std::min(text.find_first_of(".["), text.size());
        leg.key = text.substr(0, used);
        if (leg.key == "*") return false;
      }
      text.remove_prefix(used);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace tidemark::mysql
