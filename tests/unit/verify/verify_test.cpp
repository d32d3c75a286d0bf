// What verify finds when nothing moves, and that it cannot pass for want of looking.
#include "runtime/verify.h"

#include <algorithm>

#include "live_model.h"
#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;
using namespace tidemark::verify_test;
using std::chrono::milliseconds;

namespace {

constexpr int64_t kRows = 12000;  // two chunks

void fill(LiveModel& model, const std::string& table, int64_t rows = kRows) {
  for (int64_t id = 1; id <= rows; ++id) model.write(table, id, "row " + std::to_string(id));
}

VerifyReport run(LiveModel& model, VerifyOptions options = {}) {
  options.pipeline = "p";
  options.patience = milliseconds(100);
  if (options.settle == VerifyOptions().settle) options.settle = milliseconds(300);
  return verify(model.config(), model.engines(), options);
}

ErrorKind kind_of(LiveModel& model, const VerifyOptions& options = {}) {
  try {
    run(model, options);
  } catch (const Error& error) {
    return error.kind();
  }
  FAIL("no error");
  return ErrorKind::internal;
}

const DifferingKey* find_key(const TableVerdict& verdict, const std::string& key) {
  auto it = std::find_if(verdict.keys.begin(), verdict.keys.end(), [&](const DifferingKey& k) { return k.key == key; });
  return it == verdict.keys.end() ? nullptr : &*it;
}

}  // namespace

TEST_CASE("equal sides are equal, and every row was looked at", "[verify]") {
  LiveModel model({"a", "b"});
  fill(model, "a");
  fill(model, "b", 10);
  model.apply_all();
  unsigned calls = 0, done = 0;
  VerifyOptions options;
  options.progress = [&](const TableVerdict& verdict) {
    ++calls;
    done += verdict.done ? 1 : 0;
  };
  const VerifyReport report = run(model, options);
  CHECK(report.equal);
  REQUIRE(report.tables.size() == 2);
  CHECK(report.tables[0].table == "shop.a");
  CHECK(report.tables[0].target == "a");
  CHECK(report.tables[0].rows_source == kRows);
  CHECK(report.tables[0].rows_sink == kRows);
  CHECK(report.tables[1].rows_source == 10);
  CHECK(report.tables[0].note.empty());
  CHECK(report.position.find("binlog.000001:12014") != std::string::npos);
  CHECK(done == 2);
  CHECK(calls > 4);
}

TEST_CASE("missing, extra and different rows are found, with key and column", "[verify]") {
  LiveModel model({"a", "b"});
  fill(model, "a");
  fill(model, "b", 10);
  model.apply_all();
  model.damage_sink("a", 1, std::nullopt);
  model.damage_sink("a", 8096, std::nullopt);  // the last of the first chunk
  model.damage_sink("a", kRows, "row X");
  model.damage_sink("a", 0, "extra below");
  model.damage_sink("a", kRows + 5, "extra above");
  const VerifyReport report = run(model);
  CHECK_FALSE(report.equal);
  const TableVerdict& verdict = report.tables[0];
  CHECK_FALSE(verdict.equal());
  CHECK(verdict.missing == 2);
  CHECK(verdict.extra == 2);
  CHECK(verdict.different == 1);
  CHECK(verdict.unsettled == 0);
  REQUIRE(verdict.keys.size() == 5);
  for (const char* key : {"1", "8096"}) {
    REQUIRE(find_key(verdict, key) != nullptr);
    CHECK(find_key(verdict, key)->kind == "missing");
  }
  REQUIRE(find_key(verdict, "12000") != nullptr);
  CHECK(find_key(verdict, "12000")->kind == "different");
  CHECK(find_key(verdict, "12000")->columns == std::vector<std::string>{"body"});
  REQUIRE(find_key(verdict, "0") != nullptr);
  CHECK(find_key(verdict, "0")->kind == "extra");
  CHECK(report.tables[1].equal());
}

TEST_CASE("differences that are proved do not wait for the time to settle", "[verify]") {
  LiveModel model({"a"});
  fill(model, "a", 10);
  model.apply_all();
  model.damage_sink("a", 3, "x");
  model.damage_sink("a", 30, "x");
  VerifyOptions options;
  options.settle = milliseconds(20000);
  const auto start = std::chrono::steady_clock::now();
  const VerifyReport report = run(model, options);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  CHECK(report.tables[0].different == 1);
  CHECK(report.tables[0].extra == 1);
}

TEST_CASE("more differences than are kept are all counted, and a hundred are shown", "[verify]") {
  LiveModel model({"a"});
  fill(model, "a", 25000);
  model.apply_all();
  SECTION("all rows missing at the sink") {
    for (int64_t id = 1; id <= 25000; ++id) model.damage_sink("a", id, std::nullopt);
    const VerifyReport report = run(model);
    CHECK(report.tables[0].missing == 25000);
    CHECK(report.tables[0].rows_sink == 0);
    CHECK(report.tables[0].keys.size() == 100);
  }
  SECTION("and as many extra ones") {
    for (int64_t id = 1; id <= 25000; ++id) model.damage_sink("a", 100000 + id, "x");
    const VerifyReport report = run(model);
    CHECK(report.tables[0].extra == 25000);
    CHECK(report.tables[0].missing == 0);
  }
  SECTION("also when nothing is proved, because the sink stands behind") {
    for (int64_t id = 1; id <= 25000; ++id) model.damage_sink("a", id, "x");
    model.write("a", 1, "row 1");
    const VerifyReport report = run(model);
    CHECK(report.tables[0].different == 25000);
  }
}

TEST_CASE("wide rows are compared in smaller chunks", "[verify]") {
  LiveModel model({"a"});
  const std::string wide(200000, 'w');
  for (int64_t id = 1; id <= 300; ++id) model.write("a", id, wide + std::to_string(id));
  model.apply_all();
  model.damage_sink("a", 299, wide);
  const VerifyReport report = run(model);
  CHECK(report.tables[0].rows_source == 300);
  CHECK(report.tables[0].rows_sink == 300);
  CHECK(report.tables[0].different == 1);
}

TEST_CASE("a sink that stands still behind the source is compared as it is, and that is said", "[verify]") {
  LiveModel model({"a"});
  fill(model, "a", 100);
  model.apply_all();
  model.write("a", 101, "new");
  model.write("a", 5, std::nullopt);
  const VerifyReport report = run(model);
  CHECK(report.tables[0].missing == 1);
  CHECK(report.tables[0].extra == 1);
  CHECK(report.tables[0].note.find("binlog.000001:104") != std::string::npos);
  CHECK(report.tables[0].note.find("binlog.000001:106") != std::string::npos);
}

TEST_CASE("a pipeline that never committed is not equal to anything but nothing", "[verify]") {
  LiveModel model({"a"});
  fill(model, "a", 3);
  const VerifyReport report = run(model);
  CHECK(report.tables[0].missing == 3);
  CHECK(report.tables[0].note.find("has not committed anything") != std::string::npos);
}

TEST_CASE("verify does not pass for want of something to compare", "[verify]") {
  LiveModel model({"a", "b"});
  fill(model, "a", 3);
  model.apply_all();
  SECTION("a table is missing at the sink") {
    model.drop_sink_table("b");
    CHECK(kind_of(model) == ErrorKind::data);
  }
  SECTION("the position belongs to another server") {
    model.belong_to("2");
    CHECK(kind_of(model) == ErrorKind::lineage);
  }
  SECTION("no table is captured") {
    Config config = model.config();
    config.pipelines[0].tables.include = {"other.*"};
    VerifyOptions options;
    CHECK_THROWS_AS(verify(config, model.engines(), options), Error);
  }
  SECTION("only the table that was asked for is compared") {
    model.drop_sink_table("b");
    VerifyOptions options;
    options.tables = {"a"};
    CHECK(run(model, options).tables.size() == 1);
    options.tables = {"shop.c"};
    CHECK(kind_of(model, options) == ErrorKind::usage);
  }
}

TEST_CASE("tables without a key are compared as multisets", "[verify]") {
  LiveModel model({"a"}, false);
  fill(model, "a", 5000);
  model.apply_all();
  CHECK(run(model).equal);
  model.damage_sink("a", 10, std::nullopt);
  model.damage_sink("a", 20, "changed");
  model.damage_sink("a", 6000, "more");
  const VerifyReport report = run(model);
  CHECK_FALSE(report.equal);
  CHECK(report.tables[0].rows_source == 5000);
  CHECK(report.tables[0].rows_sink == 5000);
  CHECK(report.tables[0].missing == 2);
  CHECK(report.tables[0].extra == 2);
  CHECK(report.tables[0].note.find("no key") != std::string::npos);
}

TEST_CASE("without a key the same row may be there several times, but equally often", "[verify]") {
  LiveModel model({"a"}, false);
  for (int64_t copy = 0; copy < 3; ++copy) {
    model.write("a", 7 + 100 * copy, "same");
    model.write("a", 8 + 100 * copy, "same");
  }
  model.apply_all();
  CHECK(run(model).equal);
  model.damage_sink("a", 107, std::nullopt);
  model.damage_sink("a", 308, "same");
  model.damage_sink("a", 408, "same");
  const VerifyReport report = run(model);
  CHECK(report.tables[0].missing == 1);
  CHECK(report.tables[0].extra == 2);
}
