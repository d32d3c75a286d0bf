// How the comparison reads one column on each side so that equal values give equal text: SQL that makes the server print it, and what
// is then done with the text. Written from the servers' documentation, not from tidemark's code. Pure functions.
#pragma once

#include <string>

#include "servers/database.h"

namespace tidemark::test {

enum class Form {
  plain,    // integers, decimals, enum-like words: the text as it is
  real,     // floating point: compared as the double that the text means
  civil,    // dates and times: trailing zeros of the fraction, 'T', 'Z' and '+00' do not matter
  hex,      // bytes and text: hexadecimal
  bits,     // a number of up to 64 bits, as decimal digits, or b and a string of 0 and 1, or x and hexadecimal digits
  json,     // white space and the order of keys do not matter
  geometry  // hexadecimal; with or without the four bytes of SRID in front
};

struct TableColumn {
  std::string name;
  std::string type;  // in lower case without length: MySQL's data_type, PostgreSQL's format_type ("enum" for those), SQLite's declared type
};

/// The form in which a column of the source is compared, by its type on both sides.
Form form_of(const std::string& source_type, const std::string& sink_type);
/// SQL that prints the column for this form.
std::string expression(Dialect dialect, const TableColumn& column, Form form);
/// The text in canonical form. Throws std::runtime_error for JSON that is none.
std::string canonical(const std::string& text, Form form);

}  // namespace tidemark::test
