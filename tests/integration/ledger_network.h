// A network that breaks between tidemark and its sink, while the ledger's writers write at the source and its watcher looks for what a
// reader of the sink may never see. For a binary of tests; used by the one thread that runs the cases.
#pragma once

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "integration/network_scene.h"
#include "workload/ledger.h"
#include "workload/ledger_count.h"
#include "workload/ledger_watcher.h"

namespace tidemark::test {

struct LedgerNetwork : NetworkScene {
  LedgerNetwork(DatabaseServer& from, DatabaseServer& to)
      : NetworkScene(from, &to, Broken::sink, "d"),
        text(from.engine() + " into " + to.engine()),
        count(ledger_with_count(from)),
        watcher(ledger_in(to), count, kLedgerTables),
        writers(from, kNetworkSeed, kPauseMs) {}

  /// While it streams.
  void breaks_stream(const Trigger& trigger, Fault::Kind fault, const std::string& kind = {}) {
    REQUIRE(pipeline.reaches("streaming"));  // the COMMIT of loading its state is over
    breaks(trigger, fault, kind);
  }
  /// The writers have ended: equal by an independent comparison, and nothing that must not be was ever seen.
  void ends_whole() {
    writers.finish();
    ends_equal();
    watcher.stop();
    CHECK(watcher.copied());
    CHECK(watcher.whole_states_seen() > 0);
    CHECK(watcher.findings() == std::vector<std::string>{});
    std::cout << fmt::format("{}: {} transactions, {} whole states seen\n", text, writers.transactions(), watcher.whole_states_seen());
  }

  const std::string text;
  const std::shared_ptr<LedgerCount> count;
  LedgerWatcher watcher;
  LedgerWriters writers;

 private:
  static constexpr int kPauseMs = 25;
  static std::shared_ptr<LedgerCount> ledger_with_count(DatabaseServer& source) {
    create_ledger(source, {1500, 800, 200, 40});
    return std::make_shared<LedgerCount>(source);
  }
};

}  // namespace tidemark::test
