#include "model/array_text.h"

#include <charconv>

namespace tidemark {
namespace {

// array_isspace()
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_null_word(std::string_view text) {
  constexpr std::string_view kNull = "NULL";
  if (text.size() != kNull.size()) return false;
  for (size_t i = 0; i < kNull.size(); ++i) {
    if ((text[i] & ~0x20) != kNull[i]) return false;
  }
  return true;
}

class ArrayParser {
 public:
  ArrayParser(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {}

  std::optional<ArrayText> parse() {
    if (!bounds()) return std::nullopt;
    const std::vector<ArrayText::Dimension> written = out_.dimensions;
    out_.dimensions.clear();
    if (rest() == "{}") return written.empty() ? std::optional(out_) : std::nullopt;
    if (!list(0) || at_ != text_.size()) return std::nullopt;
    if (written.empty()) return out_;
    if (written.size() != out_.dimensions.size()) return std::nullopt;
    for (size_t i = 0; i < written.size(); ++i) {
      if (written[i].size != out_.dimensions[i].size) return std::nullopt;
    }
    out_.dimensions = written;
    return out_;
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool number(int32_t& out) {
    auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), out);
    if (error != std::errc()) return false;
    at_ = static_cast<size_t>(end - text_.data());
    return true;
  }

  /// [0:1][2:3]=
  bool bounds() {
    while (take('[')) {
      int32_t lower = 0, upper = 0;
      if (!number(lower) || !take(':') || !number(upper) || !take(']') || upper < lower) return false;
      out_.dimensions.push_back({lower, static_cast<uint32_t>(int64_t{upper} - lower + 1)});
      if (out_.dimensions.size() > kArrayDimensionsMax) return false;
    }
    return out_.dimensions.empty() || take('=');
  }

  /// One level of braces; every list of a level must have the size of the first.
  bool list(size_t depth) {
    if (depth >= kArrayDimensionsMax || !take('{')) return false;
    const bool first_of_level = depth == out_.dimensions.size();
    if (first_of_level) {
      if (leaf_depth_ && depth > *leaf_depth_) return false;
      out_.dimensions.push_back({1, 0});
    }
    uint32_t count = 0;
    do {
      const bool nested = at_ < text_.size() && text_[at_] == '{';
      if (!nested && !leaf_depth_) leaf_depth_ = depth;
      if (leaf_depth_ && (depth == *leaf_depth_) == nested) return false;
      if (!(nested ? list(depth + 1) : element())) return false;
      ++count;
    } while (take(delimiter_));
    if (!take('}')) return false;
    if (first_of_level) out_.dimensions[depth].size = count;
    return out_.dimensions[depth].size == count;
  }

  bool element() {
    ArrayElement out;
    if (take('"')) {
      for (;; ++at_) {
        if (at_ >= text_.size()) return false;
        if (text_[at_] == '"') break;
        if (text_[at_] == '\\' && ++at_ >= text_.size()) return false;
        out.text.push_back(text_[at_]);
      }
      ++at_;
    } else {
      const size_t from = at_;
      while (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '}') {
        const char c = text_[at_];
        if (c == '{' || c == '"' || c == '\\' || is_space(c)) return false;  // array_out quotes these
        ++at_;
      }
      if (at_ == from) return false;
      out.text = text_.substr(from, at_ - from);
      out.is_null = is_null_word(out.text);
      if (out.is_null) out.text.clear();
    }
    out_.elements.push_back(std::move(out));
    return true;
  }

  std::string_view text_;
  char delimiter_;
  size_t at_ = 0;
  ArrayText out_;
  std::optional<size_t> leaf_depth_;  // known from the first element on
};

void put_element(std::string& out, const ArrayElement& element, char delimiter) {
  if (element.is_null) {
    out += "NULL";
    return;
  }
  bool quotes = element.text.empty() || is_null_word(element.text);
  for (char c : element.text) quotes = quotes || c == '"' || c == '\\' || c == '{' || c == '}' || c == delimiter || is_space(c);
  if (!quotes) {
    out += element.text;
    return;
  }
  out += '"';
  for (char c : element.text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void put_level(std::string& out, const ArrayText& array, size_t depth, size_t& next, char delimiter) {
  out += '{';
  for (uint32_t i = 0; i < array.dimensions[depth].size; ++i) {
    if (i > 0) out += delimiter;
    if (depth + 1 == array.dimensions.size())
      put_element(out, array.elements[next++], delimiter);
    else
      put_level(out, array, depth + 1, next, delimiter);
  }
  out += '}';
}

/// "text" with \" and \\; false: not one.
bool quoted_text(std::string_view text, size_t& at, std::string& out) {
  if (at >= text.size() || text[at] != '"') return false;
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && ++at >= text.size()) return false;
    out.push_back(text[at]);
  }
  return at++ < text.size();
}

void put_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

}  // namespace

bool ArrayText::default_bounds() const {
  for (const Dimension& dimension : dimensions) {
    if (dimension.lower != 1) return false;
  }
  return true;
}

std::string ArrayText::bounds_text() const {
  std::string out;
  for (const Dimension& d : dimensions) out += "[" + std::to_string(d.lower) + ":" + std::to_string(int64_t{d.lower} + d.size - 1) + "]";
  return out;
}

std::optional<ArrayText> parse_array(std::string_view text, char delimiter) { return ArrayParser(text, delimiter).parse(); }

std::string array_text(const ArrayText& array, char delimiter) {
  if (array.dimensions.empty()) return "{}";
  std::string out;
  if (!array.default_bounds()) out = array.bounds_text() + "=";
  size_t next = 0;
  put_level(out, array, 0, next, delimiter);
  return out;
}

std::optional<std::vector<HstorePair>> parse_hstore(std::string_view text) {
  std::vector<HstorePair> pairs;
  auto take = [&](size_t& from, std::string_view word) {
    if (text.compare(from, word.size(), word) != 0) return false;
    from += word.size();
    return true;
  };
  size_t at = 0;
  while (at < text.size()) {
    if (!pairs.empty() && !take(at, ", ")) return std::nullopt;
    HstorePair pair;
    if (!quoted_text(text, at, pair.key) || !take(at, "=>")) return std::nullopt;
    if (!take(at, "NULL") && !quoted_text(text, at, pair.value.emplace())) return std::nullopt;
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

std::string hstore_text(const std::vector<HstorePair>& pairs) {
  std::string out;
  for (const HstorePair& pair : pairs) {
    if (!out.empty()) out += ", ";
    put_quoted(out, pair.key);
    out += "=>";
    if (pair.value)
      put_quoted(out, *pair.value);
    else
      out += "NULL";
  }
  return out;
}

}  // namespace tidemark
