#include "engine/mysql/log_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "base/failpoint.h"
#include "engine/mysql/dump_stream.h"
#include "engine/mysql/transaction_assembler.h"

namespace tidemark::mysql {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Plan {
  DumpStart dump;
  AssemblerStart assembler;
};

std::string file_name(const Position& position, uint64_t number) { return fmt::format("{}.{:06}", position.log_name, number); }

// Where to ask for the log. Prepared XA transactions that wait for their commit make it begin before `from`.
Plan plan_start(const SourceInfo& info, const Position& from) {
  Plan plan;
  plan.assembler.delivered = from;
  plan.assembler.same_server = from.server == info.server;
  bool by_gtid = info.gtids && (!from.gtids.empty() || from.offset.file == 0);
  plan.dump.by_gtid = plan.assembler.by_gtid = by_gtid;
  LogOffset at = from.offset;
  if (by_gtid) {
    // A read_from that lies past `from` was meant for a later position of the same batch.
    bool collects = from.read_from.file != 0 && from.gtids.contains(from.read_from_gtids);
    plan.assembler.collects = collects;
    plan.dump.gtids = collects ? from.read_from_gtids : from.gtids;
    return plan;
  }
  if (from.read_from.file != 0 && from.read_from < from.offset) {
    at = from.read_from;
    plan.assembler.collects = true;
  }
  if (at.file == 0) throw Error(ErrorKind::internal, "reading the binary log", "the position to start from is not known");
  plan.dump.file = file_name(from, at.file);
  plan.dump.offset = std::max<uint64_t>(at.byte, 4);
  plan.assembler.stream = {at.file, plan.dump.offset};
  return plan;
}

class BinlogReader : public LogReader {
 public:
  BinlogReader(const SourceConfig& config, const Plan& plan, std::vector<SchemaRef> tables, const TableSelection& selection)
      : stream_(config, plan.dump),
        assembler_({stream_.is_mariadb() ? Flavour::mariadb : Flavour::mysql, stream_.server_version()}, std::move(tables), selection,
                   plan.assembler) {}

  bool read(LogBatch& batch, size_t target_bytes, milliseconds wait) override {
    if (failure_) std::rethrow_exception(failure_);
    assembler_.begin_batch(batch);
    try {
      fill(batch, target_bytes, Clock::now() + wait);
    } catch (Error& error) {
      if (error.position().empty() && error.kind() != ErrorKind::interrupted) error.at(assembler_.place_text());
      // What lies before the failure is handed on first.
      failure_ = std::current_exception();
      bool useful = assembler_.useful();
      assembler_.end_batch();
      if (!useful) throw;
      return true;
    }
    assembler_.end_batch();
    return !batch.empty();
  }
  void cancel() noexcept override { stream_.cancel(); }
  uint64_t bytes_received() const override { return stream_.bytes_received(); }

 private:
  void fill(LogBatch& batch, size_t target_bytes, Clock::time_point until) {
    while (batch.bytes() < target_bytes) {
      if (assembler_.busy()) {
        assembler_.resume();
        continue;
      }
      std::string_view event;
      if (!stream_.next(event, milliseconds(0))) {
        if (assembler_.useful()) return;
        auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
        if (left.count() <= 0 || !stream_.next(event, left)) {
          if (left.count() <= 0) return;
          continue;
        }
      }
      assembler_.take(event);
      failpoint("reader.event_taken");
      if (seeking_ && assembler_.found_place()) {
        stream_.seek_done();
        seeking_ = false;
      }
    }
  }

  DumpStream stream_;
  TransactionAssembler assembler_;
  bool seeking_ = true;
  std::exception_ptr failure_;
};

}  // namespace

std::unique_ptr<LogReader> make_log_reader(const SourceConfig& config, const SourceInfo& info, const Position& from,
                                           std::vector<SchemaRef> tables, const TableSelection& selection) {
  return std::make_unique<BinlogReader>(config, plan_start(info, from), std::move(tables), selection);
}

}  // namespace tidemark::mysql
