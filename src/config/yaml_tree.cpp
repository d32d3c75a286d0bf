#include "config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <unordered_map>
#include <utility>

namespace tidemark {
namespace {

Mark mark_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

/// Length of the UTF-8 sequence at the front of `text`; 0 when it is none.
size_t utf8_length(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char first = byte(0);
  size_t length = first < 0x80                    ? 1
                  : first >= 0xc2 && first < 0xe0 ? 2
                  : first >= 0xe0 && first < 0xf0 ? 3
                  : first >= 0xf0 && first < 0xf5 ? 4
                                                  : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

/// yaml-cpp takes byte 4 for the end of the file and guesses UTF-16: only plain UTF-8 text gets through to it.
void check_bytes(std::string_view text, Problems& problems) {
  if (text.size() > kConfigBytesMax) problems.stop({1, 1}, "the file is larger than 1 MiB");
  Mark mark{1, 1};
  while (!text.empty()) {
    size_t length = utf8_length(text);
    if (length == 0) problems.stop(mark, "the file is not UTF-8 text");
    auto c = static_cast<unsigned char>(text[0]);
    if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f) {
      problems.stop(mark, fmt::format("control character 0x{:02x}", c));
    }
    mark.column += static_cast<int>(length);
    if (c == '\n') mark = {mark.line + 1, 1};
    text.remove_prefix(length);
  }
}

/// Builds the tree from yaml-cpp's events. It never descends by recursion: nesting is a vector, cut at kConfigDepthMax.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, Problems& problems) : text_(text), problems_(problems) {}

  YamlNode take() { return std::move(root_); }
  int documents() const { return documents_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) problems_.stop(mark_of(mark), "a second document ('---') in the file");
  }
  void OnDocumentEnd() override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_alias(mark); }
  void OnAnchor(const YAML::Mark& mark, const std::string&) override { refuse_anchor(mark); }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (anchor != 0) refuse_anchor(mark);
    YamlNode node;
    node.mark = mark_of(mark);
    node.text = null_text(node.mark);
    if (node.text.empty() && !open_.empty() && open_.back().has_key) node.mark = open_.back().node.keys.back().mark;
    add(std::move(node));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    check_properties(mark, tag, anchor);
    YamlNode node;
    node.kind = YamlNode::Kind::scalar;
    node.mark = mark_of(mark);
    node.quoted = tag == "!";
    node.text = value;
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    bool has_key = false;  // map: the next node is the value of keys.back()
    std::unordered_map<std::string, int> line_of_key;
  };

  [[noreturn]] void refuse_anchor(const YAML::Mark& mark) {
    problems_.stop(mark_of(mark), "anchors ('&name') are not allowed", "write the value out in each place");
  }
  [[noreturn]] void refuse_alias(const YAML::Mark& mark) {
    problems_.stop(mark_of(mark), "aliases ('*name') are not allowed", "put a text that starts with '*' in quotes: \"*.orders\"");
  }
  void check_properties(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) refuse_anchor(mark);
    // "?" is what yaml-cpp calls a plain node, "!" a quoted one
    if (!tag.empty() && tag != "?" && tag != "!") problems_.stop(mark_of(mark), "tags ('!name') are not allowed");
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    check_properties(mark, tag, anchor);
    if (open_.size() >= kConfigDepthMax) problems_.stop(mark_of(mark), fmt::format("nested deeper than {} levels", kConfigDepthMax));
    if (!open_.empty() && open_.back().node.kind == YamlNode::Kind::map && !open_.back().has_key) {
      problems_.stop(mark_of(mark), "a key must be a plain word, not a list or a map");
    }
    Open level;
    level.node.kind = kind;
    level.node.mark = mark_of(mark);
    open_.push_back(std::move(level));
  }

  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& level = open_.back();
    if (level.node.kind == YamlNode::Kind::map && !level.has_key) {
      auto [first, is_new] = level.line_of_key.emplace(node.text, node.mark.line);
      if (!is_new) problems_.add(node.mark, fmt::format("key '{}' is given twice (first in line {})", node.text, first->second));
      level.node.keys.push_back({std::move(node.text), node.mark});
      level.has_key = true;
      return;
    }
    level.node.items.push_back(std::move(node));
    level.has_key = false;
  }

  /// yaml-cpp reports a missing value and a written null alike, the missing one at the place of what follows.
  std::string null_text(Mark mark) {
    while (line_number_ < mark.line && line_start_ < text_.size()) {
      size_t end = text_.find('\n', line_start_);
      line_start_ = end == std::string_view::npos ? text_.size() : end + 1;
      ++line_number_;
    }
    if (line_number_ != mark.line) return "";
    size_t at = line_start_ + static_cast<size_t>(mark.column - 1);
    if (at >= text_.size()) return "";
    std::string_view rest = text_.substr(at);
    for (std::string_view word : {"null", "Null", "NULL", "~"}) {
      if (rest.substr(0, word.size()) != word) continue;
      std::string_view next = rest.substr(word.size(), 1);
      if (next.empty() || std::string_view(" \t\r\n,]}").find(next[0]) != std::string_view::npos) return std::string(word);
    }
    return "";
  }

  std::string_view text_;
  Problems& problems_;
  std::vector<Open> open_;
  YamlNode root_;
  int documents_ = 0;
  size_t line_start_ = 0;  // of line line_number_: events come in order, so one pass over the text is enough
  int line_number_ = 1;
};

}  // namespace

YamlNode parse_yaml(std::string_view text, Problems& problems) {
  if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
  check_bytes(text, problems);
  std::istringstream in{std::string(text)};
  TreeBuilder builder(text, problems);
  try {
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& e) {
    problems.stop(mark_of(e.mark), fmt::format("not valid YAML: {}", e.msg));
  }
  return builder.take();
}

}  // namespace tidemark
