#include "soak/round.h"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <memory>
#include <vector>

#include "soak/scene.h"

namespace tidemark::test {
namespace {

std::string faults_text(const Scene& scene, uint64_t& count) {
  std::string out;
  for (const auto& [name, times] : scene.faults()) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", times, name);
    count += static_cast<uint64_t>(times);
  }
  return out.empty() ? "no fault" : out;
}

}  // namespace

RoundResult run_round(uint64_t seed, const RoundEngines& engines, const std::string& keep) {
  RoundResult result;
  const auto start = std::chrono::steady_clock::now();
  std::unique_ptr<Scene> scene;
  std::vector<std::string> problems;
  try {
    scene = std::make_unique<Scene>(seed, engines.source, engines.sink);
    scene->start(true);
    Rng rng(seed ^ 0x5eed);
    for (int faults = 3 + rng.below(6); faults > 0; --faults) scene->fault();
    scene->wait_for_copy(std::chrono::seconds(20));
    for (int faults = 2 + rng.below(5); faults > 0; --faults) scene->fault();
    scene->calm_down();
    problems = scene->verdict();
  } catch (const std::exception& e) {
    problems.push_back(e.what());
  }
  result.good = problems.empty();
  if (!scene) {
    result.line = fmt::format("seed {}: no servers: {}", seed, problems[0]);
    return result;
  }
  result.transactions = scene->writers().transactions();
  result.whole_states = scene->watcher().whole_states_seen();
  const std::string faults = faults_text(*scene, result.faults);
  result.line = fmt::format("seed {}: {}: {} transactions, {} rows changed, {} whole states seen; {}; {} in {} s", seed, scene->title(),
                            result.transactions, scene->writers().changes(), result.whole_states, faults, result.good ? "equal" : "WRONG",
                            std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start).count());
  if (result.good) return result;
  const std::string directory = fmt::format("{}/seed-{}", keep, seed);
  try {
    scene->keep(directory, problems);
  } catch (const std::exception& e) {
    problems.push_back(e.what());
  }
  for (const std::string& problem : problems) result.line += "\n  " + problem;
  result.line += "\n  kept in " + directory;
  return result;
}

}  // namespace tidemark::test
