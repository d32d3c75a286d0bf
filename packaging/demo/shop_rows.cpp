#include "demo/shop_rows.h"

#include <fmt/format.h>

#include <array>
#include <functional>

#include "demo/shop_tables.h"

namespace tidemark::demo {
namespace {

constexpr std::array kGreetings = {"Guten Tag, schöne Grüße aus Köln",
                                   "Καλημέρα από την Αθήνα",
                                   "おはようございます、東京から",
                                   "صباح الخير من القاهرة",
                                   "Доброе утро из Одессы",
                                   "नमस्ते दिल्ली से",
                                   "안녕하세요 서울에서",
                                   "Good morning 🌅🚲",
                                   "早上好，来自上海",
                                   "שלום מתל אביב",
                                   "Chào buổi sáng từ Huế",
                                   "O'Brien said \"hi\" \\o/",
                                   "👩‍👩‍👧 family of four code points",
                                   "tab\tand\nnewline",
                                   "",
                                   "สวัสดีจากเชียงใหม่"};
constexpr std::array kPeople = {"Anna Müller", "Γιώργος Παπαδόπουλος", "田中 さくら", "ليلى حداد",       "Иван Петренко", "Zoë O'Neill",
                                "김민준",      "Łukasz Żółć",          "王小明",      "Aoife Ní Bhriain"};

constexpr int kRowsPerStatement = 1000;

// INSERT INTO `table` of `count` rows, many a statement.
void insert_rows(test::DatabaseClient& connection, const std::string& table, int count, const std::function<std::string(int)>& values) {
  std::string sql;
  for (int i = 0; i < count; ++i) {
    sql += sql.empty() ? "INSERT INTO " + table + " VALUES (" : ",(";
    sql += values(i) + ")";
    if ((i + 1) % kRowsPerStatement == 0 || i + 1 == count) {
      connection.exec(sql);
      sql.clear();
    }
  }
}

}  // namespace

std::string Dice::greeting() {
  std::string text = kGreetings[static_cast<size_t>(between(0, kGreetings.size() - 1))];
  if (one_in(3)) text += fmt::format(" №{}", between(1, 99999));
  return test::sql_quote(dialect_, text);
}

std::string Dice::person() { return test::sql_quote(dialect_, kPeople[static_cast<size_t>(between(0, kPeople.size() - 1))]); }

std::string Dice::price() { return fmt::format("{}.{:02}", between(0, 9999), between(0, 99)); }

std::string Dice::settings() {
  return fmt::format(R"('{{"theme":"{}","size":{},"tags":["ñ","{}"],"ratio":{}.5,"last":null}}')", one_in(2) ? "dark" : "hell",
                     between(8, 40), one_in(2) ? "東" : "б", between(0, 9));
}

std::string Dice::date() { return fmt::format("'{}-{:02}-{:02}'", between(1931, 2031), between(1, 12), between(1, 28)); }

std::string Dice::moment(int fraction_digits) {
  std::string fraction = fmt::format("{:06}", between(0, 999999)).substr(0, static_cast<size_t>(fraction_digits));
  return fmt::format("'{}-{:02}-{:02} {:02}:{:02}:{:02}.{}'", between(1999, 2029), between(1, 12), between(1, 28), between(0, 23),
                     between(0, 59), between(0, 59), fraction);
}

// MySQL's TIME goes beyond a day
std::string Dice::time_of_day() {
  return fmt::format("'{:02}:{:02}:{:02}'", between(0, dialect_ == test::Dialect::mysql ? 30 : 23), between(0, 59), between(0, 59));
}

std::string Dice::bytes(int size) {
  std::string hex;
  for (int i = 0; i < size; ++i) hex += fmt::format("{:02x}", between(0, 255));
  return (dialect_ == test::Dialect::mysql ? "x'" : "'\\x") + hex + "'";
}

// 16 bytes in MySQL, a UUID in PostgreSQL
std::string Dice::payment_id() {
  if (dialect_ == test::Dialect::mysql) return bytes(16);
  return fmt::format("'{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}'", between(0, 0xffffffff), between(0, 0xffff), between(0, 0xfff),
                     between(0, 0xfff), between(0, 0xffffffffffff));
}

std::string Dice::flags() {
  const std::string number = std::to_string(between(0, 4095));
  return dialect_ == test::Dialect::mysql ? number : number + "::bit(12)";
}

std::string Dice::yes_or_no() { return one_in(2) ? "TRUE" : "FALSE"; }

// a SET in MySQL, an array in PostgreSQL
std::string Dice::interests() {
  if (dialect_ == test::Dialect::mysql) return one_of({"", "books", "music,travel", "books,music,garden,travel", "garden"});
  return one_of({"{}", "{books}", "{music,travel}", "{books,music,garden,travel}", "{garden}"});
}

std::string Dice::one_of(std::initializer_list<const char*> words) {
  return test::sql_quote(dialect_, *(words.begin() + between(0, static_cast<int64_t>(words.size()) - 1)));
}

std::string sku_of(int64_t number) { return fmt::format("'SKU-{:06}'", number); }
std::string category_of(int64_t number) { return fmt::format("'cat-{:02}'", number); }

void load_shop(test::DatabaseClient& connection, uint64_t seed) {
  const bool mysql = connection.dialect() == test::Dialect::mysql;
  Dice dice(seed, connection.dialect());
  connection.exec(mysql ? kCreateMysqlShop : kCreatePostgresShop);
  if (mysql) connection.exec("SET SESSION foreign_key_checks = 0, unique_checks = 0");  // what comes below is right, and sooner there
  insert_rows(connection, "categories", kCategories,
              [&](int i) { return fmt::format("{}, {}, {}", category_of(i), dice.greeting(), i < 8 ? "NULL" : category_of(i % 8)); });
  insert_rows(connection, "customers", kCustomers, [&](int i) {
    return fmt::format("{}, 'customer{}@example.com', {}, {}, {}, {}, {}, {}, {}.{:04}, {}, {}, {}, {}", i + 1, i + 1, dice.person(),
                       dice.greeting(), dice.one_of({"bronze", "silver", "gold"}), dice.interests(), dice.one_in(5) ? "NULL" : dice.date(),
                       dice.one_in(3) ? "NULL" : dice.time_of_day(), dice.between(-50, 90000), dice.between(0, 9999), dice.settings(),
                       dice.yes_or_no(), dice.moment(3), dice.one_in(4) ? "NULL" : dice.moment(6));
  });
  insert_rows(connection, "products", kProducts, [&](int i) {
    return fmt::format("{}, {}, {}, {}, {}, {}, {}, {}, {}", sku_of(i), category_of(dice.between(0, kCategories - 1)), dice.greeting(),
                       dice.one_in(6) ? "NULL" : dice.greeting(), dice.price(),
                       dice.one_in(9) ? "NULL" : fmt::format("{}e-3", dice.between(1, 90001)),
                       dice.one_in(9) ? "NULL" : fmt::format("{}.{}", dice.between(0, 4), dice.between(0, 9)), dice.between(1990, 2029),
                       dice.one_in(4) ? "NULL" : dice.bytes(static_cast<int>(dice.between(0, 48))));
  });
  insert_rows(connection, "orders", kOrders, [&](int i) {
    return fmt::format("{}, {}, {}, {}, {}, {}, {}", i + 1, dice.between(1, kCustomers), dice.one_of({"open", "paid", "sent", "returned"}),
                       dice.price(), dice.moment(6), dice.one_in(3) ? "NULL" : dice.date(), dice.one_in(2) ? "NULL" : dice.greeting());
  });
  insert_rows(connection, "order_items", kOrderItems, [&](int i) {
    return fmt::format("{}, {}, {}, {}, {}, {}", i / 2 + 1, i % 2 + 1, sku_of(dice.between(0, kProducts - 1)), dice.between(1, 90),
                       dice.price(), dice.one_in(2) ? "NULL" : fmt::format("0.{:05}", dice.between(0, 99999)));
  });
  insert_rows(connection, "payments", kPayments, [&](int i) {
    return fmt::format("{}, {}, {}, {}, {}, {}", dice.payment_id(), i + 1, dice.price(), dice.one_of({"card", "transfer", "cash"}),
                       dice.moment(3), dice.flags());
  });
  insert_rows(connection, "stock_movements", kStockMovements, [&](int i) {
    // the moment is made of the row's number, so that no key comes twice
    const int64_t micros = int64_t{i} * 1000003;
    const std::string moved = mysql ? fmt::format("'2024-01-01 00:00:00' + INTERVAL {} MICROSECOND", micros)
                                    : fmt::format("TIMESTAMP '2024-01-01 00:00:00' + {} * INTERVAL '1 microsecond'", micros);
    return fmt::format("{}, {}, {}, {}, {}", dice.between(-3, 12), sku_of(dice.between(0, kProducts - 1)), moved, dice.between(-500, 500),
                       dice.one_in(4) ? "NULL" : dice.greeting());
  });
  if (!mysql) {
    connection.exec(fmt::format("SELECT setval('customers_id_seq', {}), setval('orders_id_seq', {})", kCustomers, kOrders));
    connection.exec("ANALYZE categories, customers, products, orders, order_items, payments, stock_movements");
  }
}

}  // namespace tidemark::demo
