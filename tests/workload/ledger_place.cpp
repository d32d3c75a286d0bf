#include "workload/ledger_place.h"

#include <fmt/format.h>

#include <chrono>

#include "servers/wait.h"
#include "workload/pipeline_view.h"

namespace tidemark::test {

using namespace std::chrono_literals;

LedgerPlace::LedgerPlace(DatabaseServer* to, const std::string& pipeline_yaml) : sink(directory, to), server(to) {
  create_ledger(source, LedgerSize{1500, 800, 200, 40});
  count = std::make_shared<LedgerCount>(source);
  pipeline.include = {"d.*"};
  pipeline.pipeline_yaml = "snapshot: {chunk_rows: 50, adapt: false}\n" + pipeline_yaml;
  configure();
}

TidemarkProcess LedgerPlace::start(const std::string& failpoints, std::vector<std::string> arguments) const {
  std::vector<std::pair<std::string, std::string>> environment;
  if (!failpoints.empty()) environment.emplace_back("TIDEMARK_FAILPOINTS", failpoints);
  return TidemarkProcess(directory, config, std::move(arguments), environment);
}

std::unique_ptr<LedgerWatcher> LedgerPlace::watch() const {
  return std::make_unique<LedgerWatcher>(server ? ledger_in(*server) : ledger_in(sqlite_path(directory)), count, kLedgerTables);
}

bool LedgerPlace::wait_for_copy() const {
  return wait_until(60s, [&] { return view_pipeline(config).copied(); });
}

std::vector<std::string> LedgerPlace::go_on() {
  TidemarkProcess daemon = start();
  if (!wait_for_copy()) return {fmt::format("not streaming, log:\n{}", daemon.log_tail())};
  std::vector<std::string> differences = sink.differences_after(60s, source);
  const int code = daemon.stop();
  if (code != 0 || !differences.empty()) differences.push_back(fmt::format("exit {}, log:\n{}", code, daemon.log_tail()));
  return differences;
}

}  // namespace tidemark::test
