// Verify while the source is written to, the sink is behind, and rows are in the log before they can be seen.
#include <atomic>
#include <random>
#include <thread>

#include "live_model.h"
#include "runtime/verify.h"
#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::verify_test;
using std::chrono::milliseconds;

namespace {

/// Inserts, updates and deletes rows of `table` all over it until it is destroyed.
class Writer {
 public:
  Writer(LiveModel& model, const std::string& table, int64_t ids)
      : thread_([this, &model, table, ids] {
          std::mt19937_64 random(42);
          while (!stop_) {
            const auto id = static_cast<int64_t>(random() % static_cast<uint64_t>(ids));
            if (random() % 4 == 0)
              model.write(table, id, std::nullopt);
            else
              model.write(table, id, "v" + std::to_string(random()));
            ++writes_;
            std::this_thread::sleep_for(std::chrono::microseconds(300));
          }
        }) {}
  ~Writer() {
    stop_ = true;
    thread_.join();
  }
  uint64_t writes() const { return writes_; }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> writes_{0};
  std::thread thread_;
};

VerifyReport run(LiveModel& model, milliseconds settle) {
  VerifyOptions options;
  options.settle = settle;
  return verify(model.config(), model.engines(), options);
}

void fill(LiveModel& model, int64_t rows) {
  for (int64_t id = 0; id < rows; ++id) model.write("a", id, "first " + std::to_string(id));
}

}  // namespace

TEST_CASE("verify waits for the sink to reach what the source showed", "[verify]") {
  LiveModel model({"a"});
  fill(model, 500);
  model.apply_all();
  for (int64_t id = 0; id < 500; id += 2) model.write("a", id, "second");
  for (int64_t id = 1; id < 500; id += 10) model.write("a", id, std::nullopt);
  model.start_applier(milliseconds(400));
  // no time to settle: a comparison that does not wait finds differences
  const VerifyReport report = run(model, milliseconds(0));
  CHECK(report.equal);
  CHECK(report.tables[0].rows_source == 450);
  CHECK(report.tables[0].rows_sink == 450);
  CHECK(report.tables[0].note.empty());
}

TEST_CASE("sides that are written to all the time are equal", "[verify]") {
  LiveModel model({"a"});
  fill(model, 10000);
  model.apply_all();
  model.start_applier(milliseconds(15));
  Writer writer(model, "a", 12000);
  for (int i = 0; i < 3; ++i) {
    const VerifyReport report = run(model, milliseconds(20000));
    const TableVerdict& v = report.tables[0];
    INFO(v.missing << " missing, " << v.extra << " extra, " << v.different << " different, " << v.unsettled << " unsettled");
    CHECK(report.equal);
    CHECK(v.rows_source > 6000);
  }
  CHECK(writer.writes() > 100);
}

TEST_CASE("a change that is lost among others is found", "[verify]") {
  LiveModel model({"a"});
  fill(model, 10000);
  model.apply_all();
  model.lose_every(2001);
  model.start_applier(milliseconds(5));
  {
    Writer writer(model, "a", 1000000);                                                    // rarely the same row again, which would heal it
    while (model.applied() < 10000 + 4500) std::this_thread::sleep_for(milliseconds(10));  // two of them are lost
    model.lose_every(0);
    // the writer goes on
    const VerifyReport report = run(model, milliseconds(1500));
    CHECK_FALSE(report.equal);
    const TableVerdict& v = report.tables[0];
    CHECK(v.missing + v.extra + v.different >= 2);
  }
}

TEST_CASE("rows that are at the sink before the source shows them are not extra", "[verify]") {
  LiveModel model({"a"});
  fill(model, 1000);
  model.apply_all();
  model.hide_new_writes();
  for (int64_t id = 2000; id < 2010; ++id) model.write("a", id, "early");
  for (int64_t id = 0; id < 10; ++id) model.write("a", id, "early");
  for (int64_t id = 20; id < 30; ++id) model.write("a", id, std::nullopt);
  model.apply_all();
  SECTION("once they can be seen") {
    std::thread later([&] {
      std::this_thread::sleep_for(milliseconds(700));
      model.show();
    });
    const VerifyReport report = run(model, milliseconds(20000));
    later.join();
    CHECK(report.equal);
  }
  SECTION("and they are never called proved while they cannot") {
    const VerifyReport report = run(model, milliseconds(500));
    CHECK(report.tables[0].extra == 10);
    CHECK(report.tables[0].different == 10);
    CHECK(report.tables[0].missing == 10);
    CHECK(report.tables[0].seconds >= 0.5);
  }
}

TEST_CASE("a sink that pauses for longer than our patience is not called different", "[verify]") {
  LiveModel model({"a"});
  fill(model, 100);
  model.apply_all();
  for (int64_t id = 0; id < 50; ++id) model.write("a", id, "second");
  std::thread later([&] {
    std::this_thread::sleep_for(milliseconds(600));
    model.apply_all();
  });
  VerifyOptions options;
  options.patience = milliseconds(50);
  const VerifyReport report = verify(model.config(), model.engines(), options);
  later.join();
  CHECK(report.equal);
}

namespace {

/// Changes the rows 0 to 4 and inserts and deletes the rows 5 to 9, as fast as it can; an applier runs behind.
class HotRows {
 public:
  HotRows(LiveModel& model, milliseconds behind) {
    fill(model, 20);
    model.apply_all();
    model.start_applier(behind);
    thread_ = std::thread([this, &model] {
      for (uint64_t n = 0; !stop_; ++n) {
        model.write("a", static_cast<int64_t>(n % 5), "n" + std::to_string(n));
        const auto other = static_cast<int64_t>(5 + n % 5);
        if (n / 5 % 2 == 0)
          model.write("a", other, std::nullopt);
        else
          model.write("a", other, "back " + std::to_string(n));
        std::this_thread::sleep_for(std::chrono::microseconds(50));
        writes_ = n;
      }
    });
    while (writes_ < 100) std::this_thread::sleep_for(milliseconds(1));
  }
  ~HotRows() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> writes_{0};
  std::thread thread_;
};

}  // namespace

TEST_CASE("rows that never rest are equal, and a difference in one of them is found", "[verify]") {
  const bool keyed = GENERATE(true, false);
  const bool lower_bounds = GENERATE(false, true);
  const bool partial_rows = keyed && GENERATE(false, true);
  CAPTURE(keyed, lower_bounds, partial_rows);
  LiveModel model({"a"}, keyed);
  if (lower_bounds) model.know_lower_bounds();
  if (partial_rows) model.log_partial_rows();
  HotRows hot(model, milliseconds(100));
  for (int i = 0; i < 5; ++i) {
    const TableVerdict v = run(model, milliseconds(20000)).tables[0];
    INFO(v.missing << " missing, " << v.extra << " extra, " << v.different << " different, " << v.unsettled << " unsettled");
    CHECK(v.equal());
    CHECK(v.seconds < 10);  // the time to settle is not used up
  }

  SECTION("a column that does not change") {
    model.damage_remark(3);
    const TableVerdict v = run(model, milliseconds(20000)).tables[0];
    CHECK(v.unsettled == 0);
    CHECK(v.seconds < 10);
    if (keyed) {
      REQUIRE(v.keys.size() == 1);
      CHECK(v.keys[0].kind == "different");
      CHECK(v.keys[0].key == "3");
      CHECK(v.keys[0].columns == std::vector<std::string>{"remark"});
    } else {
      CHECK(v.missing == 1);
      CHECK(v.extra == 1);
    }
  }
  SECTION("a change that gets lost on the way to a row that rests afterwards") {
    model.damage_sink("a", 15, std::nullopt);
    model.damage_sink("a", 16, "other");
    model.damage_sink("a", 30, "more");
    const TableVerdict v = run(model, milliseconds(20000)).tables[0];
    CHECK(v.seconds < 10);
    CHECK(v.unsettled == 0);
    CHECK(v.missing == (keyed ? 1 : 2));
    CHECK(v.extra == (keyed ? 1 : 2));
    CHECK(v.different == (keyed ? 1 : 0));
  }
}

TEST_CASE("a hot row that the sink does not get is missing", "[verify]") {
  LiveModel model({"a"});
  model.keep_from_sink(2);
  HotRows hot(model, milliseconds(50));
  const TableVerdict v = run(model, milliseconds(20000)).tables[0];
  CHECK(v.missing == 1);
  CHECK(v.unsettled == 0);
  REQUIRE(v.keys.size() == 1);
  CHECK(v.keys[0].key == "2");
}

TEST_CASE("a hot row is not settled by the log while commits hang before they can be seen", "[verify]") {
  LiveModel model({"a"});
  fill(model, 10);
  model.apply_all();
  model.hide_new_writes();
  model.write("a", 3, "early");
  model.start_applier(milliseconds(0));
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int n = 0; !stop; ++n) {
      model.write("a", 4, std::to_string(n));
      std::this_thread::sleep_for(milliseconds(1));
    }
  });
  const TableVerdict v = run(model, milliseconds(500)).tables[0];
  CHECK_FALSE(v.equal());  // nothing proves the sink's state
  CHECK(v.seconds >= 0.5);
  CHECK(model.logs_opened() == 0);
  model.show();
  CHECK(run(model, milliseconds(20000)).equal);
  stop = true;
  writer.join();
}

TEST_CASE("a live table without a key is equal", "[verify]") {
  LiveModel model({"a"}, false);
  fill(model, 3000);
  model.apply_all();
  model.start_applier(milliseconds(5));
  Writer writer(model, "a", 4000);
  CHECK(run(model, milliseconds(20000)).equal);
}
