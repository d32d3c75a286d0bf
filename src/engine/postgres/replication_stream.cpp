#include "engine/postgres/replication_stream.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/byte_cursor.h"
#include "base/failpoint.h"
#include "engine/postgres/dialect.h"
#include "engine/postgres/slot.h"
#include "engine/postgres/stream_error.h"
#include "engine/postgres/timeline_watch.h"
#include "tidemark/position.h"

namespace tidemark::postgres {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStatusEvery{1000};
constexpr unsigned kPacketsBetweenLooks = 256;  // at the clock, while there is always a packet
constexpr int64_t kUnixToPostgresMicros = 946684800LL * 1000000;
constexpr size_t kDataHead = 1 + 8 + 8 + 8, kKeepaliveBytes = 1 + 8 + 8 + 1;

void append_big(std::string& out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

int64_t postgres_micros() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count() - kUnixToPostgresMicros;
}

int protocol_of(int server_version) { return std::clamp(server_version / 10000 - 12, 1, 4); }  // 14: 2, 15: 3, 16: 4

}  // namespace

ReplicationStream::ReplicationStream(const SourceConfig& config, const StreamRequest& request)
    : connection_(config.address, Role::replication), slot_(config.postgres.slot), publication_(config.postgres.publication) {
  connection_.open();
  identify(request);
  if (config.postgres.copies_slot) slot_ = copy_slot(connection_, slot_);
  PGconn* raw = connection_.raw();
  PQsetNoticeReceiver(raw, on_notice, this);
  const Result result(PQexec(raw, statement(config, request).c_str()));
  if (PQresultStatus(result.get()) != PGRES_COPY_BOTH) {
    if (connection_.interrupted()) throw connection_.failure(result.get(), "reading the log");
    throw stream_error(result.get(), raw, slot_, publication_);
  }
  // a status is never waited for: while the server sends, it may not read
  if (PQsetnonblocking(raw, 1) != 0) lost();
  failpoint("postgres_source.streaming");
}

void ReplicationStream::identify(const StreamRequest& request) {
  const Result result = connection_.run("IDENTIFY_SYSTEM", "reading the log");
  const std::string_view identifier = field_of(result.get(), 0, 0), timeline = field_of(result.get(), 0, 1);
  if (identifier != request.server) {
    throw Error(
        ErrorKind::lineage, "reading the log",
        fmt::format("the server has system identifier {}, the position is one of {}", printable(identifier), printable(request.server)),
        "connect to the server that was read before, or start a new pipeline");
  }
  std::from_chars(timeline.data(), timeline.data() + timeline.size(), timeline_);
  if (request.timeline != 0 && request.timeline != timeline_) throw another_timeline(request.timeline, timeline_);
}

/// Comes before whatever the server sends after what it left out.
void ReplicationStream::on_notice(void* stream, const PGresult* notice) {
  auto& self = *static_cast<ReplicationStream*>(stream);
  const char* state = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
  const char* text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
  if (state == nullptr || text == nullptr) return;
  const std::string message = printable(text);
  if (std::string_view(state) == "55000" && message.find(self.publication_) != std::string::npos) self.missing_ = message;
}

std::string ReplicationStream::statement(const SourceConfig& config, const StreamRequest& request) {
  const int version = connection_.version_number();
  std::string options =
      fmt::format("proto_version '{}', publication_names {}", protocol_of(version), quote_literal(quote_name(publication_)));
  const Streaming streaming = config.postgres.streaming;
  parallel_ = streaming == Streaming::parallel && version >= 160000;
  if (streaming != Streaming::off && version >= 140000) options += parallel_ ? ", streaming 'parallel'" : ", streaming 'on'";
  if (request.binary && version >= 140000) options += ", binary 'true'";
  return fmt::format("START_REPLICATION SLOT {} LOGICAL {} ({})", quote_name(slot_), lsn_text(request.lsn), options);
}

bool ReplicationStream::next(StreamPacket& packet, milliseconds wait) {
  if (take(packet)) {
    if (++taken_ % kPacketsBetweenLooks == 0) tend();
    return true;
  }
  tend();
  const auto until = Clock::now() + wait;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
    if (!wait_for_input(std::clamp(left, milliseconds(0), kStatusEvery))) {
      tend();
      if (left.count() <= 0) return false;
      continue;
    }
    if (PQconsumeInput(connection_.raw()) == 0) lost();
    if (take(packet)) return true;
    if (left.count() <= 0) return false;  // a part of a packet
  }
}

/// What libpq has read already.
bool ReplicationStream::take(StreamPacket& packet) {
  char* buffer = nullptr;
  const int size = PQgetCopyData(connection_.raw(), &buffer, 1);
  if (!missing_.empty()) {
    PQfreemem(buffer);
    throw publication_missing(missing_, publication_);
  }
  if (size == 0) return false;
  if (size == -1) ended();
  if (size < 0) lost();
  buffer_.reset(buffer);
  silence_ = {};
  bytes_.store(bytes_.load(std::memory_order_relaxed) + static_cast<uint64_t>(size), std::memory_order_relaxed);
  const std::string_view bytes(buffer, static_cast<size_t>(size));
  ByteCursor in(bytes.substr(1));
  if (bytes[0] == 'w' && bytes.size() > kDataHead) {
    packet.lsn = in.big(8);
    packet.message = bytes.substr(kDataHead);
  } else if (bytes[0] == 'k' && bytes.size() == kKeepaliveBytes) {
    packet.lsn = in.big(8);
    packet.message = {};
    asked_ = asked_ || bytes.back() != 0;
  } else {
    throw Error(ErrorKind::corrupt, "reading the log",
                fmt::format("a packet of kind '{}' and {} bytes came", printable(bytes.substr(0, 1)), size));
  }
  received_ = std::max(received_, packet.lsn);
  return true;
}

bool ReplicationStream::wait_for_input(milliseconds wait) {
  const auto begin = Clock::now();
  pollfd waiting{PQsocket(connection_.raw()), static_cast<short>(unsent_ ? POLLIN | POLLOUT : POLLIN), 0};
  const int ready = poll(&waiting, 1, static_cast<int>(wait.count()));
  connection_.check_interrupted();
  if (ready < 0 && errno != EINTR) lost();
  if (ready > 0 && (waiting.revents & POLLOUT) != 0) flush();
  if (ready > 0 && (waiting.revents & ~POLLOUT) != 0) return true;
  silence_ += Clock::now() - begin;
  return false;
}

uint64_t ReplicationStream::safe_lsn() const {
  const uint64_t told = acknowledged_.load(std::memory_order_relaxed);
  return std::max(said_safe_, hold_back_ != 0 ? std::min(told, hold_back_) : told);
}

void ReplicationStream::tend() {
  connection_.check_interrupted();
  if (unsent_) flush();
  if (unsent_) return;  // the server does not read: it would only grow
  if (asked_ || safe_lsn() != said_safe_ || Clock::now() - said_at_ >= kStatusEvery) say_status();
}

/// A standby status update. It asks for an answer, so that a server that has nothing to send is known to be there.
void ReplicationStream::say_status() {
  failpoint("postgres_source.before_status");
  const uint64_t before = said_safe_;
  said_safe_ = safe_lsn();
  said_at_ = Clock::now();
  asked_ = false;
  std::string status = "r";
  append_big(status, std::max(received_, said_safe_));
  append_big(status, said_safe_);  // flushed
  append_big(status, said_safe_);  // applied
  append_big(status, static_cast<uint64_t>(postgres_micros()));
  status.push_back('\1');
  if (PQputCopyData(connection_.raw(), status.data(), static_cast<int>(status.size())) < 0) lost();
  flush();
  failpoint("postgres_source.status_sent");
  if (before != 0 && said_safe_ > before) failpoint("postgres_source.acknowledged");
}

void ReplicationStream::flush() {
  const int left = PQflush(connection_.raw());
  if (left < 0) lost();
  unsent_ = left > 0;
}

void ReplicationStream::ended() {
  const Result result(PQgetResult(connection_.raw()));
  connection_.check_interrupted();
  if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) throw stream_error(result.get(), connection_.raw(), slot_, publication_);
  throw Error(ErrorKind::source_unavailable, "reading the log", "the server ended the stream");
}

void ReplicationStream::lost() {
  connection_.check_interrupted();
  throw connection_error(connection_.raw(), "reading the log", Side::source);
}

}  // namespace tidemark::postgres
