#include "engine/postgres/log_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include "base/failpoint.h"
#include "base/message_spool.h"
#include "engine/postgres/log_companion.h"
#include "engine/postgres/replication_stream.h"
#include "engine/postgres/timeline_watch.h"
#include "engine/postgres/transaction_decoder.h"
#include "engine/postgres/value_decoding.h"

namespace tidemark::postgres {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kSnapshotEvery{200}, kLookEvery{2000};
// As at the other sources: a dead server is noticed within ten seconds, a machine that is loaded for seconds is not one. A WAL sender may
// be silent for long all the same, while it decodes a huge transaction of tables that are not ours; then the server still answers others.
constexpr milliseconds kSilenceMax{9000}, kAskAfter{3000}, kAnswerWithin{2000};
constexpr std::chrono::minutes kWorkMax{30};
// Long enough that most of what the server sends meanwhile finds the connection full: then its kernel joins the messages, instead of
// carrying each to us in a packet of its own, which costs the server more than decoding it.
constexpr milliseconds kGatherTime{30};
constexpr size_t kGatherBytes = 256 << 10;
constexpr size_t kFlowBytes = 8 << 10;            // as long as at least so much comes at once, the server's kernel has more
constexpr unsigned kMessagesBetweenLooks = 1024;  // at the clock, while the batch does not grow

int64_t micros_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

StreamRequest request_of(const SourceInfo& info, const Position& from, const std::vector<SchemaRef>& tables, uint64_t timeline,
                         bool two_phase) {
  if (from.offset.byte == 0) throw Error(ErrorKind::internal, "reading the log", "the position to start from is not known");
  StreamRequest request;
  request.server = info.server;
  request.timeline = timeline;
  // A slot with two phases begins where it stands: what was prepared before `from` and is committed after it has to come again.
  request.lsn = two_phase ? 0 : from.offset.byte;
  request.binary = std::all_of(tables.begin(), tables.end(), [](const SchemaRef& table) {
    return std::all_of(table->columns.begin(), table->columns.end(), [](const Column& column) { return binary_is_exact(column); });
  });
  return request;
}

class PostgresLogReader : public LogReader {
 public:
  PostgresLogReader(const SourceConfig& config, const SourceInfo& info, const Position& from, const std::vector<SchemaRef>& tables,
                    uint64_t timeline)
      : silence_max_(std::max<milliseconds>(config.heartbeat * 3, kSilenceMax)),
        companion_(config),
        stream_(config, request_of(info, from, tables, timeline, companion_.two_phase())),
        decoder_(Relations(tables, companion_.relations_of(tables),
                           [this](uint32_t type, int32_t modifier) { return companion_.type_name(type, modifier); }),
                 start_of(config, from)) {
    if (companion_.is_standby()) watch_.emplace(config, stream_.timeline());
  }

  bool read(LogBatch& batch, size_t target_bytes, milliseconds wait) override {
    if (failure_) std::rethrow_exception(failure_);
    decoder_.begin_batch(batch);
    try {
      look_beside();
      fill(batch, target_bytes, Clock::now() + wait);
      companion_.check_tables(decoder_.passed(), decoder_.truncated());
      ask_beside(batch);
    } catch (Error& error) {
      if (error.position().empty() && error.kind() != ErrorKind::interrupted) error.at(decoder_.place_text());
      // What lies before the failure is handed on first.
      failure_ = std::current_exception();
      const bool useful = decoder_.useful();
      decoder_.end_batch();
      if (!useful) throw;
      confirm(batch);
      return true;
    }
    decoder_.end_batch();
    confirm(batch);
    if (!batch.empty() && snapshot_) batch.snapshot.swap(snapshot_);
    return !batch.empty();
  }
  void cancel() noexcept override {
    stream_.cancel();
    companion_.cancel();
    if (watch_) watch_->cancel();
  }
  void acknowledge(const Position& position) noexcept override { stream_.acknowledge(position.offset.byte); }
  void keep_alive() override {
    if (failure_) std::rethrow_exception(failure_);
    stream_.tend();
  }
  uint64_t bytes_received() const override { return stream_.bytes_received(); }

 private:
  DecoderStart start_of(const SourceConfig& config, const Position& from) const {
    DecoderStart start;
    start.delivered = from.offset;
    start.timeline = stream_.timeline();
    start.near_txid = companion_.first_txid();
    start.abort_places = stream_.streams_parallel();
    start.folder = temporary_folder();
    start.spill_memory = config.postgres.spill_memory;
    return start;
  }

  /// Nothing of what came is handed on when a part of it may lie on another timeline.
  void confirm(LogBatch& batch) {
    if (!watch_ || batch.empty()) return;
    try {
      watch_->confirm();
    } catch (...) {
      failure_ = std::current_exception();
      batch = LogBatch();
      throw;
    }
  }

  void fill(LogBatch& batch, size_t target_bytes, Clock::time_point until) {
    StreamPacket packet;
    for (unsigned taken = 1; batch.bytes() < target_bytes; ++taken) {
      if (taken % kMessagesBetweenLooks == 0) {
        stream_.tend();
        if (Clock::now() >= until) return;
      }
      if (decoder_.busy()) {
        decoder_.resume();
        continue;
      }
      if (!stream_.next(packet, milliseconds(0))) {
        // The server sends each message by itself, and slower than we read. Who is behind anyway lets some of them gather, instead of
        // being woken up by each and handing on batches of one transaction.
        const bool gathers = decoder_.behind(micros_now()) && batch.bytes() < kGatherBytes;
        if (decoder_.useful() && !gathers) return;
        const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
        if (left.count() <= 0) return;
        if (gathers && !flows()) std::this_thread::sleep_for(kGatherTime);
        if (!stream_.next(packet, decoder_.useful() ? milliseconds(1) : left)) {
          if (decoder_.useful()) return;
          check_alive();
          continue;
        }
      }
      take(packet);
    }
  }

  /// Since the last call, which was when there was nothing to read.
  bool flows() {
    const uint64_t before = std::exchange(read_before_, stream_.bytes_received());
    return read_before_ - before >= kFlowBytes;
  }

  void take(const StreamPacket& packet) {
    if (packet.message.empty()) return decoder_.pass(packet.lsn);
    decoder_.take(packet.message);
    stream_.hold_back(decoder_.oldest_prepare());
    failpoint("reader.event_taken");
  }

  /// A snapshot now and then while transactions come, for they have to be seen by one (Position::unseen); and a look at the publication
  /// also while nothing comes, since that may be why.
  void ask_beside(const LogBatch& batch) {
    has_unseen_ = has_unseen_ || !batch.transactions.empty();
    if (Clock::now() - asked_at_ < (has_unseen_ ? kSnapshotEvery : kLookEvery)) return;
    asked_at_ = Clock::now();
    has_unseen_ = false;
    companion_.ask();
  }
  void look_beside() {
    if (companion_.take_answer(snapshot_) && snapshot_) decoder_.near_txid(snapshot_->txid_end);
  }

  void check_alive() {
    const milliseconds silence = stream_.silence();
    if (silence < kAskAfter) return;
    look_beside();
    if (silence > silence_max_ && (companion_.waiting() > kAnswerWithin || silence > kWorkMax)) {
      throw Error(ErrorKind::source_unavailable, "reading the log",
                  fmt::format("the server sent nothing, not even an answer, for {} ms", silence.count()));
    }
    companion_.ask();
  }

  const milliseconds silence_max_;
  LogCompanion companion_;
  ReplicationStream stream_;
  TransactionDecoder decoder_;
  std::optional<TimelineWatch> watch_;  // on a standby
  std::optional<Visibility> snapshot_;  // for the next batch that has something
  bool has_unseen_ = false;             // transactions came after the latest snapshot was asked for
  Clock::time_point asked_at_{};
  uint64_t read_before_ = 0;  // bytes, when there was nothing to read the last time
  std::exception_ptr failure_;
};

}  // namespace

std::unique_ptr<LogReader> make_postgres_log_reader(const SourceConfig& config, const SourceInfo& info, const Position& from,
                                                    std::vector<SchemaRef> tables, const TableSelection&, uint64_t timeline) {
  return std::make_unique<PostgresLogReader>(config, info, from, tables, timeline);
}

}  // namespace tidemark::postgres
