// The table of types at a MySQL or MariaDB sink: what each type of PostgreSQL becomes there and what is lost, and which types of one
// server of the family the other one lacks. The documentation's table is made of it. Plain data; any thread.
#pragma once

#include <string>
#include <string_view>

#include "tidemark/schema.h"

namespace tidemark::mysql {

/// In the types: {n} the source's length, {p} precision, {s} scale, {f} fraction digits, {w} bytes that hold {n} bits; and the text
/// attributes {ascii}, {exact} (by code points, spaces at the end count), {caseless}.
struct PostgresRule {
  std::string_view source;   // the type's name without modifiers and schema
  ValueKind kind;            // of its values
  std::string_view mysql;    // at MySQL
  std::string_view mariadb;  // at MariaDB, where it differs
  std::string_view lost;     // "" when every value is held; else what is lost or refused by default
};

/// The rule of a column of PostgreSQL: by its type's name, for a domain by its kind, else as text.
const PostgresRule& postgres_rule(const Column& column);
/// All of them, in the documentation's order.
struct PostgresRules {
  const PostgresRule *first, *last;
  const PostgresRule* begin() const { return first; }
  const PostgresRule* end() const { return last; }
};
PostgresRules postgres_rules();

/// Types of MySQL or MariaDB that are not themselves at the sink; all others are.
struct FamilyRule {
  std::string_view source;
  std::string_view mysql, mariadb;  // "" where it is itself
  std::string_view lost;
};
struct FamilyRules {
  const FamilyRule *first, *last;
  const FamilyRule* begin() const { return first; }
  const FamilyRule* end() const { return last; }
};
FamilyRules family_rules();

/// Digits of numeric(5,-2), which are 7; 0 for every other type. The column itself has no room for a negative scale.
uint32_t digits_of_negative_scale(const Column& column);
/// "timestamp with time zone" of "timestamp(3) with time zone", "hstore" of "public.hstore"; "[]" for arrays, "enum" for enums.
std::string_view postgres_base_type(const Column& column, std::string& scratch);

}  // namespace tidemark::mysql
