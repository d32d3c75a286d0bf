// Makes the rows of the shop, in text of several scripts, and loads the first 200,000. A Dice belongs to one thread.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "servers/database.h"

namespace tidemark::demo {

class Dice {
 public:
  Dice(uint64_t seed, test::Dialect dialect) : engine_(seed), dialect_(dialect) {}
  /// from <= result <= to
  int64_t between(int64_t from, int64_t to) { return std::uniform_int_distribution<int64_t>(from, to)(engine_); }
  bool one_in(int n) { return between(1, n) == 1; }

  // Each of these is a value in SQL.
  std::string greeting();
  std::string person();
  std::string price();
  std::string settings();
  std::string date();
  std::string moment(int fraction_digits);
  std::string time_of_day();
  std::string bytes(int size);
  std::string payment_id();
  std::string flags();  // twelve of them
  std::string yes_or_no();
  std::string interests();
  std::string one_of(std::initializer_list<const char*> words);  // 'word'

 private:
  std::mt19937_64 engine_;
  test::Dialect dialect_;
};

std::string sku_of(int64_t number);       // 'SKU-000017', as a literal
std::string category_of(int64_t number);  // 'cat-07', as a literal

void load_shop(test::DatabaseClient& connection, uint64_t seed);

}  // namespace tidemark::demo
