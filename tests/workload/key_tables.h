// Tables of every kind of key that a copy has to cut into chunks, for tests that write to them while they are copied. A table's keys are
// numbered: literals(i) is the i-th one, so that writers can meet, swap and bring back the same rows. Plain data; any thread may read.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "servers/mysql_family_server.h"

namespace tidemark::test {

struct KeyTable {
  std::string name;
  std::string columns;           // definitions of the key columns; every table has the same other columns after them
  std::vector<std::string> key;  // their names
  std::string index;             // "PRIMARY KEY (id)", or another index, or nothing
  std::string options;           // of the table
  size_t space = 400;            // writers use the keys 0 .. space - 1, and a few above while they swap
  size_t filled = 250;           // rows before the copy
  bool unique = true;            // false: several rows may have one key, and equal rows are wanted
  bool quiet = false;            // nobody writes to it
  std::function<std::vector<std::string>(size_t)> literals;
};

/// Every key kind of the server: MariaDB has one more (UUID).
std::vector<KeyTable> key_tables(bool mariadb);
/// `tables: key:` of the pipeline's configuration for those that have a logical key only.
std::string logical_keys_yaml(const std::string& database);
/// Creates and fills them.
void create_tables(MysqlFamilyServer& server, const std::string& database, const std::vector<KeyTable>& tables);

/// INSERT of the i-th key; the other columns' values follow from `seed`, and few seeds are used where equal rows are wanted.
std::string insert_row(const KeyTable& table, size_t i, size_t seed);
/// "k1 <=> x AND k2 <=> y", followed by LIMIT 1 where several rows may have the key.
std::string where_key(const KeyTable& table, size_t i);
/// "k1 = x, k2 = y".
std::string set_key(const KeyTable& table, size_t i);
/// "v = ..., n = ...": some of the other columns.
std::string set_values(const KeyTable& table, size_t seed);

}  // namespace tidemark::test
