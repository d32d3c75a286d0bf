// How the comparison reads one column on each side so that equal values give equal text: SQL that makes the server print it, and what
// is then done with the text. Written from the servers' documentation, not from tidemark's code. Pure functions.
#pragma once

#include <optional>
#include <string>

namespace tidemark::test {

enum class Form {
  plain,    // integers, decimals, enum-like words: the text as it is
  real,     // floating point: compared as the double that the text means
  civil,    // dates and times: trailing zeros of the fraction, 'T', 'Z' and '+00' do not matter
  hex,      // bytes and text: hexadecimal
  bits,     // a number of up to 64 bits, as decimal digits or as a string of 0 and 1
  json,     // white space and the order of keys do not matter
  geometry  // hexadecimal; with or without the four bytes of SRID in front
};

struct SourceColumn {
  std::string name;
  std::string data_type;    // information_schema.columns.data_type
  std::string column_type;  // column_type
};

/// The form in which a source column is compared; `sink_type` is the declared type on the other side, in lower case.
Form form_of(const SourceColumn& column, const std::string& sink_type);
std::string source_expression(const SourceColumn& column, Form form);
std::string postgres_expression(const std::string& name, const std::string& type, Form form);
std::string sqlite_expression(const std::string& name, Form form);
/// The text in canonical form. Throws std::runtime_error for JSON that is none.
std::string canonical(const std::string& text, Form form);

}  // namespace tidemark::test
