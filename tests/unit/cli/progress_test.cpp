#include "cli/progress.h"

#include "support/catch.h"

using namespace tidemark;

namespace {

TableStatus table(const char* name, const char* state, uint64_t copied, uint64_t estimated) {
  TableStatus t;
  t.source = name;
  t.state = state;
  t.rows_copied = copied;
  t.rows_estimated = estimated;
  t.bytes_copied = copied * 100;
  t.copy_seconds = 41;
  return t;
}

PipelineStatus half_way() {
  PipelineStatus status;
  status.source = "shop";
  status.sink = "warehouse";
  status.tables = {table("shop.customers", "streaming", 1000, 5000), table("shop.orders", "copying", 500, 1000),
                   table("shop.audit", "pending", 0, 500)};
  return status;
}

}  // namespace

TEST_CASE("the headline sums what is known") {
  PipelineStatus status = half_way();
  CopyView view = copy_view(status);
  CHECK(view.tables == 3);
  CHECK(view.tables_done == 1);
  CHECK(view.rows == 1500);
  CHECK(view.rows_expected == 2500);  // a finished table counts what it had, not what was estimated
  view.rows_per_second = 100;
  view.bytes_per_second = 10'000;
  CHECK(progress_headline(status, view) ==
        "shop -> warehouse   snapshot  1/3 tables   1.5 k/2.5 k rows   60.0 %   100 rows/s   10.0 kB/s   ETA 10 s");
}

TEST_CASE("there is no ETA before one percent, nor without a rate") {
  PipelineStatus status = half_way();
  status.tables = {table("a.b", "copying", 9, 1000)};
  CopyView view = copy_view(status);
  view.rows_per_second = 10;
  CHECK(progress_headline(status, view).find("ETA") == std::string::npos);
  status.tables[0].rows_copied = 10;
  view = copy_view(status);
  CHECK(progress_headline(status, view).find("ETA") == std::string::npos);
  view.rows_per_second = 10;
  CHECK(progress_headline(status, view).find("ETA") != std::string::npos);
}

TEST_CASE("estimates that are too small do not give more than all") {
  PipelineStatus status = half_way();
  status.tables = {table("a.b", "copying", 2000, 1000)};
  CopyView view = copy_view(status);
  CHECK(view.rows_expected == 2000);
  CHECK(progress_headline(status, view).find("100.0 %") != std::string::npos);
}

TEST_CASE("the screen has a bar for what moves and fits the terminal") {
  PipelineStatus status = half_way();
  status.reason = "waiting for the source";
  std::vector<std::string> lines = progress_screen(status, copy_view(status), {120, 24});
  REQUIRE(lines.size() == 4);
  CHECK(lines[1] == "  shop.orders     [##########----------]  50.0 %   500/1.0 k rows");
  CHECK(lines[2].find("  shop.customers  done ") == 0);
  CHECK(lines[3] == "  waiting for the source");
  for (const std::string& line : progress_screen(status, copy_view(status), {30, 24})) CHECK(line.size() < 30);
  for (int i = 0; i < 100; ++i) status.tables.push_back(table(("t." + std::to_string(i)).c_str(), "copying", 1, 2));
  CHECK(progress_screen(status, copy_view(status), {80, 24}).size() <= 24);
  CHECK(progress_screen(status, copy_view(status), {80, 5}).size() <= 5);
}
