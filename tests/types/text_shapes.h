// Texts of values brought into one shape, so that equal values are equal texts. Pure functions; they throw std::runtime_error for a text
// that is none of its kind.
#pragma once

#include <string>

namespace tidemark::test {

/// The n of "TYPE(n)"; 0 when there is none.
unsigned number_in_brackets(const std::string& type);
/// `sql` with `name` in the place of its {}.
std::string with_column(const std::string& sql, const std::string& name);
/// The same text for the same double, zeros of both signs told apart.
std::string exact_number(const std::string& text);
/// "101" of BIT(9) as "0005": whole bytes, hexadecimal.
std::string bits_as_hex(const std::string& digits);
/// JSON without its white space and the order of its members.
std::string equal_json(const std::string& text);

}  // namespace tidemark::test
