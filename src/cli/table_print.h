// Tables of text for the terminal: columns as wide as they must be, numbers to the right. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

class TextTable {
 public:
  enum class Align { left, right };
  void column(std::string title, Align align) { columns_.push_back({std::move(title), align}); }
  /// As many cells as there are columns.
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// Each line begins with `indent`; no trailing blanks.
  std::string text(std::string_view indent) const;

 private:
  struct Column {
    std::string title;
    Align align;
  };
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// Characters, not bytes: UTF-8 continuation bytes do not count.
size_t text_width(std::string_view utf8);
/// At most `width` characters; a cut is marked by '~'.
std::string cut_to_width(std::string_view utf8, size_t width);

}  // namespace tidemark
