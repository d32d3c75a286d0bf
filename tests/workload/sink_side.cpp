#include "workload/sink_side.h"

#include <fmt/core.h>

#include <cstdlib>
#include <exception>

#include "servers/sqlite_file.h"
#include "servers/wait.h"

namespace tidemark::test {

void SinkSide::exec(const std::string& sql) {
  if (server_) {
    server_->exec(fmt::format(fmt::runtime(sql), "d."));
  } else {
    SqliteFile(sqlite_path(directory_)).exec(fmt::format(fmt::runtime(sql), ""));
  }
}

std::string SinkSide::own(const std::string& server, const std::string& sqlite) {
  return server_ ? server_->value(server) : SqliteFile(sqlite_path(directory_)).value(sqlite);
}

std::string SinkSide::position() { return own("SELECT position FROM tidemark.position", "SELECT position FROM _tidemark_position"); }

size_t SinkSide::finish_records() {
  const std::string n = own("SELECT count(*) FROM tidemark.chunk WHERE done", "SELECT count(*) FROM _tidemark_chunk WHERE done = 1");
  return std::strtoull(n.c_str(), nullptr, 10);
}

std::vector<std::string> SinkSide::differences_after(std::chrono::milliseconds limit, const DatabaseServer& source) {
  std::vector<std::string> found{"not compared"};
  wait_until(limit, [&] {
    try {
      found = differences(source, "d");
    } catch (const std::exception& e) {
      found = {e.what()};
    }
    return found.empty();
  });
  return found;
}

uint64_t SinkSide::ledger_rows() { return std::strtoull(value("count(*)", "d", "ledger").c_str(), nullptr, 10); }

}  // namespace tidemark::test
