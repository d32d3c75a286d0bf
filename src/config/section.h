// One map of the configuration while it is read: typed access to its keys, with every problem reported at its place. A key that was
// asked for is a known key; finish() reports the rest. Lives on the stack of the function that reads the section.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/expand.h"
#include "config/load.h"
#include "config/yaml_tree.h"

namespace tidemark {

/// What all sections of one file share.
struct ReadContext {
  Problems& problems;
  std::vector<Problem>& warnings;
  const LoadOptions& options;
  std::string directory;  // of the file, with '/' at the end; empty when unknown
  VariableLookup variables = environment_variable;
};

struct Scalar {
  std::string text;     // expanded
  std::string written;  // as in the file: the only form that messages show
  bool plain = false;   // may be a number or a truth value
  Mark mark;
};

/// The scalar that `node` is; reports (naming `what`) and answers nullopt when it is none.
std::optional<Scalar> read_scalar(const YamlNode& node, const std::string& what, ReadContext& context);
/// Texts of a list; scalars that are none are reported.
std::vector<Scalar> read_list(const YamlNode& node, const std::string& what, ReadContext& context);
/// `path` as it is, or relative to the directory of the configuration file.
std::string resolve_path(const std::string& path, const ReadContext& context);

class Section {
 public:
  /// `where`: "sources.shop-db1", for messages; "" is the top of the file.
  Section(const YamlNode& node, std::string where, ReadContext& context);

  const Mark& mark() const { return node_.mark; }
  const std::string& where() const { return where_; }
  std::string name_of(std::string_view key) const;
  bool has(std::string_view key) const { return index_of(key).has_value(); }
  Mark mark_of(std::string_view key) const;  // of the value; of the section when the key is missing
  /// The value's node, or null; makes `key` known.
  const YamlNode* take(std::string_view key);
  /// Like take; reports a missing key.
  const YamlNode* require(std::string_view key);

  std::optional<Scalar> scalar(std::string_view key);
  void read(std::string_view key, std::string& out);  // text, not empty
  void read(std::string_view key, bool& out);
  void read(std::string_view key, std::chrono::milliseconds& out, std::chrono::milliseconds min, std::chrono::milliseconds max);
  void read_path(std::string_view key, std::string& out);
  void read_size(std::string_view key, uint64_t& out, uint64_t min, uint64_t max);
  template <class Integer>
  void read_number(std::string_view key, Integer& out, uint64_t min, uint64_t max) {
    uint64_t value = out;
    number(key, value, min, max);
    out = static_cast<Integer>(value);
  }
  /// One of a few words.
  template <class Enum>
  void read_choice(std::string_view key, Enum& out, const std::vector<std::pair<std::string, Enum>>& choices) {
    std::vector<std::string> words;
    for (const auto& choice : choices) words.push_back(choice.first);
    std::optional<size_t> chosen = choice_index(key, words);
    if (chosen) out = choices[*chosen].second;
  }
  /// Index into `words` of the word that the key has; reports another one.
  std::optional<size_t> choice_index(std::string_view key, const std::vector<std::string>& words);

  /// Makes a key known that belongs elsewhere; when it is there, says `why_not`.
  void refuse(std::string_view key, const std::string& why_not);
  void problem(Mark mark, std::string text, std::string hint = {}) { context_.problems.add(mark, std::move(text), std::move(hint)); }
  /// Reports the keys that nobody asked for.
  void finish();

 private:
  std::optional<size_t> index_of(std::string_view key) const;
  void number(std::string_view key, uint64_t& out, uint64_t min, uint64_t max);

  const YamlNode& node_;
  std::string where_;
  ReadContext& context_;
  std::vector<std::string> known_;
};

/// A word for messages: "a list", "a map", "text", "nothing".
std::string_view kind_text(const YamlNode& node);

}  // namespace tidemark
