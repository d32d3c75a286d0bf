#include "engine/postgres/table_scan.h"

#include <fmt/format.h>
#include <poll.h>

#include <utility>

#include "base/failpoint.h"
#include "base/log.h"
#include "engine/postgres/dialect.h"

namespace tidemark::postgres {
namespace {

constexpr int kTuplesAtOnce = 1000;  // of one connection, before the next one's are looked at
constexpr int kWaitMillis = 100;     // then it is looked whether stop was asked for

}  // namespace

TableScan::TableScan(ScanPlan plan, Connection& first, const ServerAddress& address, unsigned more)
    : plan_(std::move(plan)), first_(first) {
  lanes_.push_back({&first, std::nullopt});
  const uint64_t ranges = (plan_.pages + kScanRangePages - 1) / kScanRangePages;
  for (unsigned i = 0; i < more && lanes_.size() < ranges; ++i) join(address);
}

void TableScan::join(const ServerAddress& address) {
  auto connection = std::make_unique<Connection>(address, Role::source);
  try {
    connection->open();
    // NOWAIT: who waits to lock the table for itself waits for `first`, and we would wait for him
    connection->run(fmt::format("SET enable_seqscan=off; SET max_parallel_workers_per_gather=0; "
                                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT {}; "
                                "LOCK TABLE {} IN ACCESS SHARE MODE NOWAIT",
                                quote_literal(plan_.snapshot), plan_.from),
                    plan_.doing.c_str());
  } catch (const Error& e) {
    spdlog::debug("{}: going on without another connection: {}", plan_.doing, e.what());
    return;
  }
  failpoint("postgres_source.scan_joined");
  others_.push_back(std::move(connection));
  lanes_.push_back({others_.back().get(), std::nullopt});
}

bool TableScan::start_next(Lane& lane) {
  lane.copy.reset();
  if (next_page_ != 0 && next_page_ >= plan_.pages) return false;
  std::string range = fmt::format("ctid >= '({},0)'", next_page_);
  next_page_ += kScanRangePages;
  if (next_page_ < plan_.pages) range += fmt::format(" AND ctid < '({},0)'", next_page_);
  lane.copy.emplace(*lane.connection, fmt::format("SELECT {} FROM {} WHERE {}", plan_.columns, plan_.from, range), plan_.doing);
  failpoint("postgres_source.range_asked");
  return true;
}

bool TableScan::serve(Lane& lane, RowBlocks& rows, bool& idle) {
  for (int i = 0; i < kTuplesAtOnce && lane.copy; ++i) {
    std::string_view tuples;
    const CopyOut::Arrival arrival = lane.copy->arrived(tuples);
    if (arrival == CopyOut::Arrival::nothing) return true;
    idle = false;
    if (arrival == CopyOut::Arrival::end) {
      start_next(lane);
    } else if (!rows.add(tuples)) {
      return false;
    }
  }
  return true;
}

void TableScan::wait_for_any() const {
  std::vector<pollfd> sockets;
  for (const Lane& lane : lanes_) {
    if (lane.copy) sockets.push_back({PQsocket(lane.connection->raw()), POLLIN, 0});
  }
  poll(sockets.data(), sockets.size(), kWaitMillis);
  first_.check_interrupted();
}

bool TableScan::run(RowBlocks& rows) {
  for (Lane& lane : lanes_) start_next(lane);
  while (true) {
    bool idle = true, active = false;
    for (Lane& lane : lanes_) {
      if (!serve(lane, rows, idle)) {
        if (lanes_[0].copy) lanes_[0].copy->stop();
        return false;
      }
      active = active || lane.copy;
    }
    if (!active) return true;
    if (idle) wait_for_any();
  }
}

}  // namespace tidemark::postgres
