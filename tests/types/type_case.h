// Columns of every type with values at the edges of the type, as SQL of the source, and how each is printed and compared: the catalogue
// of the type round trip. Written from the servers' documentation, not from tidemark's code. Plain data; any thread.
#pragma once

#include <string>
#include <vector>

#include "servers/database.h"

namespace tidemark::test {

enum class TypeForm {
  integer,    // digits
  decimal,    // digits with exactly the scale's fraction
  real,       // the double that the value means
  text,       // UTF-8, byte for byte
  bytes,      // byte for byte
  bits,       // PostgreSQL: a string of 0 and 1; SQLite: big-endian bytes
  date,       // zero and partial dates: as they are in SQLite, NULL in PostgreSQL
  datetime,   // likewise
  timestamp,  // likewise, and SQLite's text ends with Z
  time,       // beyond a day, signed
  json,       // MySQL's: SQLite has the text, PostgreSQL's jsonb must be what it makes of that text itself
  json_text,  // MariaDB's: the text in both
  inet,
  uuid,
  vector,    // PostgreSQL: an array of real
  geometry,  // four bytes of SRID, then WKB
  // of PostgreSQL's types only
  boolean,   // 1 and 0 elsewhere
  padded,    // char(n): SQLite has the spaces at its end, the others print it without
  interval,  // ISO 8601
  array,     // PostgreSQL's text; in MySQL JSON
  plain      // the text that the type prints, everywhere
};

struct TypeCase {
  std::string column, type;
  TypeForm form;
  std::vector<std::string> values;   // SQL literals
  std::string printed;               // SQL that prints the column where the form's own way does not do; {} is the column
  Dialect dialect = Dialect::mysql;  // of the source
};

struct TypeTable {
  std::string name;
  std::vector<TypeCase> columns;
  std::string sql_mode = "STRICT_ALL_TABLES,ALLOW_INVALID_DATES";
  std::string before, after;    // SQL around CREATE TABLE; PostgreSQL's `before`, with its types, is for the sink too if that is one
  bool rows_stay_equal = true;  // no statements but those of the round trip change them
  /// Each row has the k-th value of every column (columns with fewer begin again), and one more row is all NULL.
  size_t rows() const;
};

/// Everything that PostgreSQL has and that this kind of sink can hold: "postgres", "mysql", "mariadb" or "sqlite".
std::vector<TypeTable> postgres_type_tables(const std::string& sink);

/// Everything that the server has: "mysql" or "mariadb".
std::vector<TypeTable> all_type_tables(const std::string& engine);

/// Without the values that one of MariaDB and MySQL refuses to hold for the other: TIME beyond 838:59:59 by a fraction, JSON nested deeper
/// than MariaDB's check takes. Zeros are printed without their sign, which MariaDB does not keep.
std::vector<TypeTable> held_by_both(std::vector<TypeTable> tables);

// The parts of it.
TypeTable integer_types();
TypeTable decimal_types();
TypeTable float_and_bit_types();
TypeTable date_types();
TypeTable time_types(const std::string& engine);
TypeTable old_temporal_types();  // MariaDB: as before MySQL 5.6
TypeTable label_types();
TypeTable text_types();
TypeTable single_byte_text_types();
TypeTable multi_byte_text_types(const std::string& engine);
TypeTable byte_types();
TypeTable large_types();
TypeTable geometry_types(const std::string& engine);
/// What both servers take as JSON; single quotes and backslashes are for SQL.
std::vector<std::string> json_documents(int depth);
TypeTable mysql_json_types();
TypeTable mysql_json_updates();  // documents for the statements of json_updates
/// SQL expressions over the column `j` whose changes MySQL logs as differences (binlog_row_value_options=PARTIAL_JSON).
std::vector<std::string> json_updates();
TypeTable mysql_vector_types();
TypeTable mariadb_own_types();
/// Random values of the types whose storage form is computed; the same for the same seed.
TypeTable random_types(unsigned seed);

}  // namespace tidemark::test
