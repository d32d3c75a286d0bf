// PostgreSQL's text forms of arrays and of hstore, taken apart and put together exactly as array_out, array_in and hstore_out do.
// Pure functions; any thread. Malformed text is nullopt, never a guess. Source: src/backend/utils/adt/arrayfuncs.c, contrib/hstore.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemark {

struct ArrayElement {
  bool is_null = false;
  std::string text;  // without quotes and escapes
  friend bool operator==(const ArrayElement&, const ArrayElement&) = default;
};

struct ArrayText {
  struct Dimension {
    int32_t lower = 1;
    uint32_t size = 0;
    friend bool operator==(const Dimension&, const Dimension&) = default;
  };
  std::vector<Dimension> dimensions;   // outermost first; none for {}
  std::vector<ArrayElement> elements;  // row-major: the product of the sizes
  bool default_bounds() const;         // every lower bound is 1
  std::string bounds_text() const;     // [0:1][2:3]
  friend bool operator==(const ArrayText&, const ArrayText&) = default;
};

inline constexpr size_t kArrayDimensionsMax = 6;  // MAXDIM

/// {1,NULL,"a b"}, [0:1]={1,2}, {{1,2},{3,4}}. `delimiter` is ',' for every built-in type except box, which has ';'.
std::optional<ArrayText> parse_array(std::string_view text, char delimiter = ',');
/// As array_out prints it: parse_array of what PostgreSQL printed gives back the same text.
std::string array_text(const ArrayText& array, char delimiter = ',');

struct HstorePair {
  std::string key;
  std::optional<std::string> value;
  friend bool operator==(const HstorePair&, const HstorePair&) = default;
};
/// "a"=>"1", "b"=>NULL, in the order of the text.
std::optional<std::vector<HstorePair>> parse_hstore(std::string_view text);
std::string hstore_text(const std::vector<HstorePair>& pairs);

/// How elements are written in JSON: the type of an array's elements decides, never the value.
enum class ElementForm : uint8_t {
  text,
  number,   // bare where JSON has it so; NaN and the infinities are strings
  boolean,  // t and f are true and false
  json,     // as it is
};
/// `native_type` of an array column, e.g. "integer[]", "numeric(10,2)[]".
ElementForm element_form(std::string_view native_type);
/// ',' but for box[], which has ';'.
char array_delimiter(std::string_view native_type);
/// Nested lists: [1,null,2]. Lower bounds that are not 1 stand in front: [0:1]={1,2} is {"[0:1]": [1,2]}.
std::string array_json(const ArrayText& array, ElementForm form);
/// {"a": "1", "b": null}, members in the order of the pairs.
std::string hstore_json(const std::vector<HstorePair>& pairs);

}  // namespace tidemark
