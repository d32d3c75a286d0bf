// Arrays and hstore as JSON.
#include <cstdio>

#include "model/array_text.h"

namespace tidemark {
namespace {

void put_string(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= ' ') {
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      out += escape;
    }
  }
  out += '"';
}

/// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
bool is_json_number(std::string_view text) {
  size_t at = 0;
  auto digits = [&] {
    const size_t from = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - from;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const size_t first = at, whole = digits();
  if (whole == 0 || (whole > 1 && text[first] == '0')) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

void put_element(std::string& out, const ArrayElement& element, ElementForm form) {
  if (element.is_null)
    out += "null";
  else if (form == ElementForm::json || (form == ElementForm::number && is_json_number(element.text)))
    out += element.text;
  else if (form == ElementForm::boolean && (element.text == "t" || element.text == "f"))
    out += element.text == "t" ? "true" : "false";
  else
    put_string(out, element.text);
}

void put_level(std::string& out, const ArrayText& array, size_t depth, size_t& next, ElementForm form) {
  out += '[';
  for (uint32_t i = 0; i < array.dimensions[depth].size; ++i) {
    if (i > 0) out += ',';
    if (depth + 1 == array.dimensions.size())
      put_element(out, array.elements[next++], form);
    else
      put_level(out, array, depth + 1, next, form);
  }
  out += ']';
}

}  // namespace

ElementForm element_form(std::string_view native_type) {
  const std::string_view element = native_type.substr(0, native_type.find_first_of("(["));
  for (std::string_view number : {"smallint", "integer", "bigint", "oid", "real", "double precision", "numeric"}) {
    if (element == number) return ElementForm::number;
  }
  if (element == "boolean") return ElementForm::boolean;
  return element == "json" || element == "jsonb" ? ElementForm::json : ElementForm::text;
}

char array_delimiter(std::string_view native_type) { return native_type == "box[]" ? ';' : ','; }

std::string array_json(const ArrayText& array, ElementForm form) {
  if (array.dimensions.empty()) return "[]";
  const bool has_bounds = !array.default_bounds();
  std::string out = has_bounds ? "{\"" + array.bounds_text() + "\": " : "";
  size_t next = 0;
  put_level(out, array, 0, next, form);
  return has_bounds ? out + "}" : out;
}

std::string hstore_json(const std::vector<HstorePair>& pairs) {
  std::string out = "{";
  for (const HstorePair& pair : pairs) {
    if (out.size() > 1) out += ", ";
    put_string(out, pair.key);
    out += ": ";
    if (pair.value)
      put_string(out, *pair.value);
    else
      out += "null";
  }
  return out + "}";
}

}  // namespace tidemark
