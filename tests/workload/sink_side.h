// A sink of the ledger workload (ledger.h) with what tidemark itself keeps in it. Owned by one test; one thread at a time.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "workload/sink_target.h"

namespace tidemark::test {

class SinkSide : public SinkTarget {
 public:
  /// No server: the SQLite file in `directory`.
  SinkSide(const TempDir& directory, DatabaseServer* server) : SinkTarget(directory, server), directory_(directory), server_(server) {}

  /// In the dialect of the sink; a table of the source is named {}account, where {} is "d." or nothing.
  void exec(const std::string& sql);
  /// The position row of the only pipeline.
  std::string position();
  size_t finish_records();
  /// What still differs after `limit`; empty as soon as nothing does. A sink that is not there, or just away, differs.
  std::vector<std::string> differences_after(std::chrono::milliseconds limit, const DatabaseServer& source);
  uint64_t ledger_rows();

 private:
  std::string own(const std::string& server, const std::string& sqlite);

  const TempDir& directory_;
  DatabaseServer* server_;
};

}  // namespace tidemark::test
