#include "sim/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/rng.h"

namespace tidemark::sim {

namespace {

struct StepInfo {
  const char* name;
  int weight;  // of the steps that are no faults; faults draw theirs
};
constexpr StepInfo kSteps[kStepKinds] = {
    {"statement", 10}, {"commit", 6},   {"roll_back", 1}, {"reveal", 6},         {"execute", 5},   {"foreign", 1},   {"rotate", 1},
    {"read_log", 7},   {"route", 7},    {"copy", 14},     {"apply", 14},         {"save", 3},      {"operate", 4},   {"kill", 0},
    {"cut_log", 0},    {"cut_copy", 0}, {"cut_sink", 0},  {"restart_source", 0}, {"purge", 0},     {"fail_over", 0}, {"lose_log", 0},
    {"purge_gap", 0},  {"alter", 0},    {"fill_disk", 0}, {"lose_state", 0},     {"old_state", 0}, {"ambiguous", 0}, {"deadlock", 0},
};

KeyKind draw_key(Rng& rng) {
  switch (rng.below(10)) {
    case 0:
    case 1: return KeyKind::none;
    case 2: return KeyKind::uint64;
    case 3: return KeyKind::bytes;
    case 4: return KeyKind::datetime;
    case 5: return KeyKind::composite;
    case 6:
    case 7: return KeyKind::collated;
    case 8: return KeyKind::float64;
    default: return KeyKind::int64;
  }
}

CoreOptions draw_options(Rng& rng) {
  CoreOptions options;
  options.chunk_rows = 1 + rng.below(6u);
  options.adapt_chunks = false;
  options.batch_rows = 1 + rng.below(6u);
  options.batch_bytes = rng.one_in(4) ? 1 : 20'000 + rng.below(60'000u);
  options.chunks_in_flight_max = 1 + rng.below(4u);
  if (rng.one_in(2)) options.deferred_bytes_max = 1;  // the log waits for reads
  return options;
}

void draw_steps(Rng& rng, Plan& plan) {
  int weights[kStepKinds];
  int total = 0;
  for (size_t i = 0; i < kStepKinds; ++i) {
    const auto kind = static_cast<StepKind>(i);
    int weight = kSteps[i].weight * (rng.one_in(4) ? 3 : rng.one_in(4) ? 1 : 2);  // some things are slow in this history, others fast
    if (kind >= kFirstFault && kind < StepKind::ambiguous) weight = plan.allows(kind) ? 1 + rng.below(3) : 0;
    weights[i] = weight;
    total += weight;
  }
  if (rng.one_in(5)) {  // something hardly happens until the end: a sink that stands still, a source that shows nothing
    const size_t still = rng.one_in(3) ? static_cast<size_t>(StepKind::apply) : rng.below(static_cast<uint32_t>(kFirstFault));
    total -= weights[still];
    weights[still] = 0;
  }
  const bool sink_stands = weights[static_cast<size_t>(StepKind::apply)] == 0;  // for long: what piles up is to be seen
  const int steps = (sink_stands ? 400 : 30) + rng.below(rng.one_in(4) ? 500 : 200);
  plan.steps.reserve(static_cast<size_t>(steps));
  for (int n = 0; n < steps; ++n) {
    int pick = rng.below(total);
    size_t i = 0;
    while (pick >= weights[i]) pick -= weights[i++];
    plan.steps.push_back({static_cast<StepKind>(i), rng.next()});
  }
}

}  // namespace

const char* name_of(StepKind kind) { return kSteps[static_cast<size_t>(kind)].name; }

const char* name_of(ServerKind kind) {
  constexpr const char* kNames[] = {"mysql_gtids", "mysql_files", "mariadb", "postgres"};
  return kNames[static_cast<size_t>(kind)];
}

Plan Plan::draw(uint64_t seed) {
  Rng rng(seed * 0x9e3779b97f4a7c15u + 0x1234567u);
  Plan plan;
  plan.seed = seed;
  plan.server = static_cast<ServerKind>(rng.below(4));
  plan.visible_in_order = plan.server == ServerKind::mariadb || (plan.server != ServerKind::postgres && rng.one_in(2));
  plan.unordered = plan.server == ServerKind::mariadb && rng.one_in(2);
  plan.prepares = plan.server != ServerKind::postgres && rng.one_in(3);
  if (rng.one_in(2)) plan.linger = rng.one_in(2) ? 20 : 80;
  if (rng.one_in(2)) {
    plan.images = plan.server == ServerKind::postgres ? Images::toast : rng.one_in(2) ? Images::minimal : Images::noblob;
  }
  plan.clients = 1 + rng.below(3);
  plan.workers = 1 + rng.below(3);
  const int tables = 1 + rng.below(kTablesMax);
  for (int i = 0; i < tables; ++i) {
    const KeyKind kind = draw_key(rng);
    plan.tables.push_back(&shape_of(i, kind, kind != KeyKind::none && rng.one_in(4)));
  }
  plan.options = draw_options(rng);
  plan.options.exactly_once = !rng.one_in(8);
  plan.parts = rng.one_in(3) ? 0 : 2 + rng.below(5u);
  if (rng.one_in(3)) plan.hot_slots = 2 + rng.below(3);
  const uint32_t odds = 2 + rng.below(8u);
  for (auto i = static_cast<size_t>(kFirstFault); i < kStepKinds; ++i) {
    if (rng.one_in(odds)) plan.faults |= 1u << i;
  }
  // Nothing tells that a server lost what its copied rows have, once its log has grown past that place again (src/README.md).
  if (!plan.options.exactly_once) plan.faults &= ~(1u << static_cast<unsigned>(StepKind::lose_log));
  plan.truncates = rng.one_in(3);
  plan.moves = plan.options.exactly_once && rng.one_in(8);
  plan.turns_exact = !plan.options.exactly_once && rng.one_in(3);
  draw_steps(rng, plan);
  return plan;
}

std::string Plan::text() const {
  constexpr const char* kImages[] = {"full", "minimal", "noblob", "toast"};
  std::string out =
      fmt::format("{}{}, {} images, {} clients, {} workers, chunks of {} rows, batches of {} changes, tables:", name_of(server),
                  prepares    ? " with prepared XA"
                  : unordered ? " with XA"
                              : "",
                  kImages[static_cast<size_t>(images)], clients, workers, options.chunk_rows, options.batch_rows);
  for (const TableShape* t : tables) out += fmt::format(" {}{}", name_of(t->kind), t->unique ? "+unique" : "");
  if (truncates) out += ", truncated";
  if (!options.exactly_once) out += turns_exact ? ", plain mode at first" : ", plain mode";
  out += ", faults:";
  for (auto i = static_cast<size_t>(kFirstFault); i < kStepKinds; ++i) {
    if (allows(static_cast<StepKind>(i))) out += fmt::format(" {}", kSteps[i].name);
  }
  return out;
}

}  // namespace tidemark::sim
