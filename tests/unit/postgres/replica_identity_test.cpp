// Which columns identify a row in the log, and the statements that cure tables of which none do.
#include "engine/postgres/replica_identity.h"

#include "engine/postgres/source_positions.h"
#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;
using namespace tidemark::postgres;

namespace {

TableSchema table_of(const std::vector<std::string>& columns) {
  TableSchema table;
  table.name = {"shop", "orders"};
  for (const std::string& name : columns) {
    Column column;
    column.name = name;
    column.nullable = name == "note";
    table.columns.push_back(column);
  }
  return table;
}

Error refusal_of(TableSchema table, const IdentityFacts& identity, const std::vector<std::string>* configured = nullptr) {
  try {
    choose_key(table, identity, configured);
  } catch (const Error& e) {
    return e;
  }
  return Error(ErrorKind::internal, "", "no error was thrown");
}

TableSchema chosen(TableSchema table, const IdentityFacts& identity, const std::vector<std::string>* configured = nullptr) {
  choose_key(table, identity, configured);
  return table;
}

using Key = std::vector<uint16_t>;

}  // namespace

TEST_CASE("the replica identity is the key") {
  const TableSchema table = table_of({"a", "b", "note"});
  CHECK(chosen(table, {'d', {"b", "a"}, {}}).key == Key{1, 0});
  CHECK(chosen(table, {'d', {"b"}, {}}).key_origin == KeyOrigin::primary);
  CHECK(chosen(table, {'f', {"b"}, {}}).key == Key{1});
  CHECK(chosen(table, {'f', {}, {}}).key.empty());
  CHECK(chosen(table, {'f', {}, {}}).key_origin == KeyOrigin::none);
  CHECK(chosen(table, {'i', {"b"}, {"a"}}).key == Key{0});
  CHECK(chosen(table, {'i', {"b"}, {"a"}}).key_origin == KeyOrigin::unique);
  // a key on a generated column: the log does not have it
  CHECK(chosen(table, {'f', {"computed"}, {}}).key.empty());
}

TEST_CASE("a table of which the log does not say which row is meant is refused, with the cure") {
  const TableSchema table = table_of({"a", "b"});
  const std::string full = "ALTER TABLE \"shop\".\"orders\" REPLICA IDENTITY FULL;";
  const std::string by_default = "ALTER TABLE \"shop\".\"orders\" REPLICA IDENTITY DEFAULT;";
  CHECK(refusal_of(table, {'d', {}, {}}).kind() == ErrorKind::server_settings);
  CHECK(refusal_of(table, {'d', {}, {}}).hint() == full + " or give it a primary key");
  CHECK(refusal_of(table, {'n', {"a"}, {}}).hint() == by_default);
  CHECK(refusal_of(table, {'n', {}, {}}).hint() == full);
  CHECK(refusal_of(table, {'i', {"a"}, {}}).hint() == by_default);
  CHECK(refusal_of(table, {'d', {"computed"}, {}}).hint() == full);
}

TEST_CASE("a configured key must be in what the log has of old rows") {
  const TableSchema table = table_of({"a", "b", "note"});
  const std::vector<std::string> b{"b"}, a{"a"}, note{"note"}, none{"missing"};
  CHECK(chosen(table, {'f', {"a"}, {}}, &b).key == Key{1});
  CHECK(chosen(table, {'f', {"a"}, {}}, &b).key_origin == KeyOrigin::configured);
  CHECK(chosen(table, {'d', {"a", "b"}, {}}, &a).key == Key{0});
  CHECK(refusal_of(table, {'d', {"a"}, {}}, &b).cause() == "the log has no old value of column b");
  CHECK(refusal_of(table, {'f', {}, {}}, &note).cause() == "column note may be NULL");
  CHECK(refusal_of(table, {'f', {}, {}}, &none).cause() == "the table has no column missing");
}

TEST_CASE("partitions must log what the whole table's key needs") {
  const auto refused = [](const TableSchema& table, const LeafFacts& leaf) {
    try {
      check_leaf(table, leaf);
    } catch (const Error&) {
      return true;
    }
    return false;
  };
  const TableSchema keyed = chosen(table_of({"a", "b"}), {'d', {"a", "b"}, {}});
  const TableSchema whole = chosen(table_of({"a", "b"}), {'f', {}, {}});
  const auto leaf = [](IdentityFacts identity, char kind = 'r', char persistence = 'p') {
    return LeafFacts{{"shop", "orders_1"}, kind, persistence, std::move(identity)};
  };
  CHECK_FALSE(refused(keyed, leaf({'d', {"b", "a"}, {}})));
  CHECK_FALSE(refused(keyed, leaf({'f', {}, {}})));
  CHECK(refused(keyed, leaf({'i', {"a", "b"}, {"a"}})));
  CHECK(refused(keyed, leaf({'n', {"a", "b"}, {}})));
  CHECK(refused(keyed, leaf({'d', {"a", "b"}, {}}, 'f')));
  CHECK(refused(keyed, leaf({'d', {"a", "b"}, {}}, 'r', 'u')));
  CHECK(refused(whole, leaf({'d', {"a"}, {}})));
  CHECK(refused(whole, leaf({'d', {}, {}})));
  CHECK_FALSE(refused(whole, leaf({'f', {}, {}})));
}

TEST_CASE("transactions that are still to be seen are kept once") {
  CHECK(merged({5, 3}, {4, 3}) == std::vector<uint64_t>{3, 4, 5});
  CHECK(merged({}, {}).empty());
}
