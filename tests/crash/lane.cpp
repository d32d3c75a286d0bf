#include "crash/lane.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <stdexcept>

#include "workload/pair.h"

namespace tidemark::test {

namespace {
constexpr int kTries = 6;
}

std::unique_ptr<Scene> Lane::scene(const std::string& sink, uint64_t seed) {
  if (!server_) {
    PostgresOptions options;
    options.extra = {"logical_decoding_work_mem=64kB"};  // transactions are sent before they end
    server_ = make_source(source_, {}, options);
  }
  if (sink_servers_.count(sink) == 0) {
    sink_servers_[sink] = make_sink(sink);
    if (sink == "mysql") sink_servers_[sink]->exec("SET GLOBAL local_infile = ON");  // LOAD DATA, as MariaDB has it by itself
  }
  return std::make_unique<Scene>(*server_, sink_servers_[sink].get(), seed);
}

std::vector<Pair> Lane::measure(uint64_t seed) {
  std::vector<Pair> out;
  for (const std::string& sink : sinks_) {
    Pair& pair = out.emplace_back(Pair{source_, sink, {}});
    for (const Life life : kLives) {
      const auto place = scene(sink, seed);
      try {
        pair.hits[static_cast<size_t>(life)] = place->hits(life);
      } catch (const std::exception& error) {
        throw std::runtime_error(fmt::format("{}, {} life: {}\n{}", pair.text(), name_of(life), error.what(), place->log_tail()));
      }
    }
  }
  return out;
}

Outcome Lane::run(Cell& cell, uint64_t seed, std::string& why) {
  try {
    for (int tries = 1;; ++tries) {
      const auto place = scene(cell.pair->sink, seed);
      try {
        if (!place->dies(cell.life, cell.point, cell.hit)) {
          if (cell.which == Which::random) cell.hit = std::max<uint64_t>(3, cell.hit / 2);
          if (tries < kTries) continue;
          why = fmt::format("{} lives passed it less often than the one that was measured", tries);
          return cell.which == Which::first ? Outcome::failed : Outcome::not_reached;
        }
        why = place->recovers();
      } catch (const std::exception& error) {
        why = error.what();
      }
      if (!why.empty()) why += "\n" + place->log_tail();
      return why.empty() ? Outcome::equal : Outcome::failed;
    }
  } catch (const std::exception& error) {  // the servers
    why = error.what();
    return Outcome::failed;
  }
}

}  // namespace tidemark::test
