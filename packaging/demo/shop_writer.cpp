#include "demo/shop_writer.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <thread>

#include "demo/shop_rows.h"
#include "demo/shop_tables.h"

namespace tidemark::demo {
namespace {

class Shopper {
 public:
  Shopper(test::DatabaseClient& connection, uint64_t seed)
      : connection_(connection), dice_(seed, connection.dialect()), mysql_(connection.dialect() == test::Dialect::mysql) {}

  /// One transaction; false when it was rolled back on purpose.
  bool act() {
    connection_.exec("BEGIN");
    const int64_t choice = dice_.between(1, 100);
    if (choice <= 30)
      place_order();
    else if (choice <= 50)
      change_customer();
    else if (choice <= 62)
      change_product();
    else if (choice <= 72)
      cancel_order();
    else if (choice <= 80)
      move_keys();
    else if (choice <= 86)
      delete_and_insert_again();
    else if (choice <= 92)
      move_stock();
    else if (choice <= 94)
      change_category_prices();
    else if (choice <= 97)
      new_customer();
    else {
      place_order();
      connection_.exec("ROLLBACK");
      return false;
    }
    connection_.exec("COMMIT");
    return true;
  }

 private:
  std::string any_sku() { return sku_of(dice_.between(0, kProducts - 1)); }
  int64_t any_customer() { return dice_.between(1, kCustomers); }
  int64_t any_order() { return dice_.between(1, kOrders); }
  /// With microseconds, and another one with every statement.
  const char* now() const { return mysql_ ? "NOW(6)" : "clock_timestamp() AT TIME ZONE 'UTC'"; }
  /// The condition for one of the rows that `condition` selects.
  std::string one_row(const char* table, const std::string& condition) const {
    if (mysql_) return condition + " LIMIT 1";
    return fmt::format("ctid = (SELECT ctid FROM {} WHERE {} LIMIT 1)", table, condition);
  }

  // orders, order_items, payments, stock_movements, customers: five tables in one transaction
  void place_order() {
    const int64_t customer = any_customer();
    connection_.exec(fmt::format("INSERT INTO orders (customer_id, total, deliver_on, note) VALUES ({}, {}, {}, {})", customer,
                                 dice_.price(), dice_.one_in(3) ? "NULL" : dice_.date(), dice_.greeting()));
    const std::string order = connection_.value(mysql_ ? "SELECT LAST_INSERT_ID()" : "SELECT lastval()");
    const int64_t lines = dice_.between(1, 4);
    for (int64_t line = 1; line <= lines; ++line) {
      connection_.exec(fmt::format("INSERT INTO order_items VALUES ({}, {}, {}, {}, {}, NULL)", order, line, any_sku(), dice_.between(1, 9),
                                   dice_.price()));
    }
    connection_.exec(
        fmt::format("INSERT INTO stock_movements VALUES ({}, {}, {}, -1, {})", dice_.between(-3, 12), any_sku(), now(), dice_.greeting()));
    connection_.exec(fmt::format("UPDATE customers SET points = points + 1.25, seen_at = {} WHERE id = {}", now(), customer));
    if (dice_.one_in(2)) return;
    connection_.exec(fmt::format("INSERT INTO payments VALUES ({}, {}, {}, 'card', {}, {})", dice_.payment_id(), order, dice_.price(),
                                 now(), dice_.flags()));
    connection_.exec(fmt::format("UPDATE orders SET status = 'paid' WHERE id = {}", order));
  }

  void change_customer() {
    connection_.exec(fmt::format(
        "UPDATE customers SET greeting = {}, settings = {}, tier = {}, interests = {}, call_at = {}, active = NOT active WHERE id = {}",
        dice_.greeting(), dice_.settings(), dice_.one_of({"bronze", "silver", "gold"}), dice_.interests(), dice_.time_of_day(),
        any_customer()));
  }

  void change_product() {
    connection_.exec(fmt::format("UPDATE products SET price = {}, rating = {}.{}, thumbnail = {}, description = {} WHERE sku = {}",
                                 dice_.price(), dice_.between(0, 4), dice_.between(0, 9), dice_.bytes(24),
                                 dice_.one_in(5) ? "NULL" : dice_.greeting(), any_sku()));
  }

  void cancel_order() {
    const int64_t order = any_order();
    for (const char* table : {"payments", "order_items"}) connection_.exec(fmt::format("DELETE FROM {} WHERE order_id = {}", table, order));
    connection_.exec(fmt::format("DELETE FROM orders WHERE id = {}", order));
  }

  // primary keys change: a part of a composite key, a binary key, and a key of three columns with text and time
  void move_keys() {
    connection_.exec(fmt::format("UPDATE order_items SET line_no = line_no + {} WHERE order_id = {}{}", dice_.between(10, 90), any_order(),
                                 mysql_ ? " ORDER BY line_no DESC" : ""));
    connection_.exec(fmt::format("UPDATE payments SET id = {} WHERE {}", dice_.payment_id(),
                                 one_row("payments", fmt::format("order_id = {}", dice_.between(1, kPayments)))));
    connection_.exec(fmt::format("UPDATE stock_movements SET warehouse = {} WHERE {}", dice_.between(-3, 12),
                                 one_row("stock_movements", "sku = " + any_sku())));
  }

  void delete_and_insert_again() {
    const int64_t order = any_order();
    connection_.exec(fmt::format(
        "DELETE FROM order_items WHERE order_id = {0} AND line_no = 1; INSERT INTO order_items SELECT id, 1, {1}, 7, 0.07, 0.5 FROM "
        "orders WHERE id = {0}",
        order, any_sku()));
  }

  void move_stock() {
    connection_.exec(fmt::format("UPDATE stock_movements SET delta = -delta, reason = {} WHERE sku = {}", dice_.greeting(), any_sku()));
    connection_.exec("DELETE FROM stock_movements WHERE " + one_row("stock_movements", "sku = " + any_sku()));
  }

  void change_category_prices() {
    connection_.exec(fmt::format("UPDATE products SET price = LEAST(price + 0.01, 99999) WHERE category = {}",
                                 category_of(dice_.between(0, kCategories - 1))));
  }

  void new_customer() {
    connection_.exec(fmt::format("INSERT INTO customers (email, name, greeting, settings) VALUES (CONCAT({}, '@example.com'), {}, {}, {})",
                                 mysql_ ? "UUID()" : "gen_random_uuid()", dice_.person(), dice_.greeting(), dice_.settings()));
    connection_.exec(
        fmt::format("UPDATE categories SET title = {} WHERE code = {}", dice_.greeting(), category_of(dice_.between(0, kCategories - 1))));
  }

  test::DatabaseClient& connection_;
  Dice dice_;
  const bool mysql_;
};

/// What another writer of ours may cause: the transaction is rolled back.
bool is_expected(const test::DatabaseFailure& failure) {
  using Kind = test::DatabaseFailure::Kind;
  return failure.kind == Kind::duplicate || failure.kind == Kind::transaction_gone || failure.kind == Kind::referenced;
}

}  // namespace

void write_until(const std::atomic<bool>& stop, test::DatabaseClient& connection, uint64_t seed, int per_second, WriterTotals& totals) {
  connection.exec(connection.dialect() == test::Dialect::mysql ? "SET SESSION innodb_lock_wait_timeout = 2" : "SET lock_timeout = '2s'");
  Shopper shopper(connection, seed);
  const auto pause = std::chrono::nanoseconds(1'000'000'000 / per_second);
  auto next = std::chrono::steady_clock::now();
  while (!stop) {
    try {
      ++(shopper.act() ? totals.committed : totals.rolled_back);
    } catch (const test::DatabaseFailure& failure) {
      if (!is_expected(failure)) throw;
      connection.exec("ROLLBACK");
      ++totals.rolled_back;
    }
    next += pause;
    const auto now = std::chrono::steady_clock::now();
    if (next < now) next = now;  // a slow machine does as much as it can, and does not run after what it missed
    std::this_thread::sleep_until(next);
  }
}

}  // namespace tidemark::demo
