// One source with its servers, on which cells of the matrix run one after the other; another source's lane may run beside it, in another
// thread. The servers start when they are needed first. Owned by main; one thread at a time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "crash/cells.h"

namespace tidemark::test {

enum class Outcome : uint8_t { equal, not_reached, failed };

class Lane {
 public:
  /// `source`: mariadb, mysql or postgres; `sinks`: of postgres, sqlite, mysql and mariadb.
  Lane(std::string source, std::vector<std::string> sinks) : source_(std::move(source)), sinks_(std::move(sinks)) {}

  const std::string& source() const { return source_; }
  /// Lives nobody is killed in, to count the hits. Throws what went wrong in one.
  std::vector<Pair> measure(uint64_t seed);
  /// A cell of this source. A life may be shorter than the one that was measured: then another one
  /// is tried, at an earlier hit if it may be any.
  Outcome run(Cell& cell, uint64_t seed, std::string& why);

 private:
  std::unique_ptr<Scene> scene(const std::string& sink, uint64_t seed);

  const std::string source_;
  const std::vector<std::string> sinks_;
  std::unique_ptr<DatabaseServer> server_;
  std::map<std::string, std::unique_ptr<DatabaseServer>> sink_servers_;  // by engine; none for SQLite
};

}  // namespace tidemark::test
