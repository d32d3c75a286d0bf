#include "cli/table_print.h"

#include <algorithm>

namespace tidemark {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

size_t text_width(std::string_view utf8) {
  return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return !continues(c); }));
}

std::string cut_to_width(std::string_view utf8, size_t width) {
  if (text_width(utf8) <= width) return std::string(utf8);
  if (width == 0) return "";
  size_t at = 0;
  for (size_t seen = 0; at < utf8.size(); ++at) {
    if (!continues(utf8[at]) && seen++ == width - 1) break;
  }
  return std::string(utf8.substr(0, at)) + "~";
}

std::string TextTable::text(std::string_view indent) const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = text_width(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, text_width(row[i]));
    widths.push_back(width);
  }
  std::string out;
  auto line = [&](auto cell) {
    std::string text(indent);
    for (size_t i = 0; i < columns_.size(); ++i) {
      const std::string& value = cell(i);
      std::string pad(widths[i] - text_width(value), ' ');
      if (i > 0) text += "  ";
      text += columns_[i].align == Align::right ? pad + value : value + pad;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line([&](size_t i) -> const std::string& { return columns_[i].title; });
  for (const auto& row : rows_) line([&](size_t i) -> const std::string& { return row[i]; });
  return out;
}

}  // namespace tidemark
