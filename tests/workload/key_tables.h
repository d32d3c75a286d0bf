// Tables of every kind of key that a copy has to cut into chunks, for tests that write to them while they are copied. A table's keys are
// numbered: literals(i) is the i-th one, so that writers can meet, swap and bring back the same rows. Plain data; any thread may read.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "servers/database.h"

namespace tidemark::test {

struct KeyTable {
  Dialect dialect = Dialect::mysql;
  std::string name;
  std::string columns;           // definitions of the key columns; every table has the same other columns after them
  std::vector<std::string> key;  // their names
  std::string index;             // "PRIMARY KEY (id)", or another index, or nothing
  std::string options;           // of the table
  std::string before, after;     // statements around CREATE TABLE
  size_t space = 400;            // writers use the keys 0 .. space - 1, and a few above while they swap
  size_t filled = 250;           // rows before the copy
  bool unique = true;            // false: several rows may have one key, and equal rows are wanted
  bool quiet = false;            // nobody writes to it
  size_t body_factor = 1;        // how much longer the text `body` is than usual
  std::function<std::vector<std::string>(size_t)> literals;
};

/// Every key kind of the server ("mariadb" has one more than "mysql": UUID), and in "postgres" every replica identity.
std::vector<KeyTable> key_tables(const std::string& engine);
/// `tables: key:` of the pipeline's configuration for those that have a logical key only (MySQL and MariaDB).
std::string logical_keys_yaml(const std::string& database);
/// Creates and fills them.
void create_tables(DatabaseServer& server, const std::string& database, const std::vector<KeyTable>& tables);

/// INSERT of the i-th key; the other columns' values follow from `seed`, and few seeds are used where equal rows are wanted.
std::string insert_row(const KeyTable& table, size_t i, size_t seed);
/// The condition for the row of the i-th key; for one of them where several rows may have the key.
std::string where_key(const KeyTable& table, size_t i);
/// "k1 = x, k2 = y".
std::string set_key(const KeyTable& table, size_t i);
/// "v = ..., n = ...": some of the other columns.
std::string set_values(const KeyTable& table, size_t seed);

}  // namespace tidemark::test
