#include "engine/mysql/sink_statements.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/failpoint.h"
#include "tidemark/error.h"

namespace tidemark::mysql {
namespace {

constexpr size_t kPacketBytes = 512u << 10;  // from here on a packet is sent before the next statement is begun
constexpr size_t kPacketKeptBytes = 4u << 20;
constexpr unsigned kErrorDuringCommit = 1180;
const std::string kCommitting = "committing to the sink";

}  // namespace

std::string& SinkStatements::begin(const std::string& doing, int64_t must_affect) {
  close_statement();
  if (packet_.size() >= kPacketBytes) land();
  if (!packet_.empty()) packet_ += ';';
  pending_.push_back({packet_.size(), &doing, must_affect});
  return packet_;
}

/// A statement that would make the packet too large for the server goes into one of its own.
void SinkStatements::close_statement() {
  if (pending_.size() < 2 || packet_.size() < session_.max_packet_bytes()) return;
  const Pending last = pending_.back();
  const std::string text = packet_.substr(last.start);
  packet_.resize(last.start - 1);
  pending_.pop_back();
  send(pending_.size());
  packet_ = text;
  pending_ = {{0, last.doing, last.must_affect}};
}

uint64_t SinkStatements::land() {
  close_statement();
  if (pending_.empty()) return 0;
  const uint64_t found = send(pending_.size());
  packet_.clear();
  pending_.clear();
  if (packet_.capacity() > kPacketKeptBytes) packet_.shrink_to_fit();
  return found;
}

void SinkStatements::commit() {
  bool counts = false;
  for (const Pending& pending : pending_) counts = counts || pending.must_affect >= 0;
  // the server does not stop at a count that is wrong: we must have seen it before it commits
  if (counts) land();
  add("COMMIT", kCommitting);
  close_statement();
  commit_sent_ = true;
  land();
  commit_sent_ = false;
}

void SinkStatements::reset() noexcept {
  packet_.clear();
  pending_.clear();
  commit_sent_ = false;
}

uint64_t SinkStatements::send(size_t statements) {
  MYSQL* handle = session_.connection().handle();
  uint64_t found = 0;
  session_.check_packet(packet_.size(), *pending_[0].doing);
  if (commit_sent_) {
    if (mysql_send_query(handle, packet_.data(), packet_.size()) != 0) fail(pending_[0]);
    failpoint("mysql_sink.commit_sent");
    if (mysql_read_query_result(handle) != 0) fail(pending_[0]);
  } else if (mysql_real_query(handle, packet_.data(), packet_.size()) != 0) {
    fail(pending_[0]);
  }
  for (size_t i = 0;; ++i) {
    // no statement here gives rows; a result that a server sends all the same is read away
    if (mysql_field_count(handle) != 0) mysql_free_result(mysql_store_result(handle));
    found = mysql_affected_rows(handle);
    if (i < statements) check_answer(pending_[i], found);
    const int next = mysql_next_result(handle);
    if (next > 0) fail(pending_[std::min(i + 1, statements - 1)]);
    if (next < 0) {
      if (i + 1 != statements) {
        throw Error(ErrorKind::internal, *pending_.back().doing,
                    fmt::format("{} statements were sent, {} were answered", statements, i + 1));
      }
      return found;
    }
  }
}

void SinkStatements::check_answer(const Pending& pending, uint64_t found) const {
  if (pending.must_affect < 0 || static_cast<uint64_t>(pending.must_affect) == found) return;
  throw Error(ErrorKind::data, *pending.doing,
              fmt::format("{} rows were to be changed, the sink has {} of them", pending.must_affect, found),
              "the sink's table was changed by someone else; compare with: tidemark verify");
}

void SinkStatements::fail(const Pending& pending) {
  Connection& connection = session_.connection();
  const unsigned number = mysql_errno(connection.handle());
  if (!commit_sent_) connection.fail(*pending.doing);
  try {
    connection.fail(*pending.doing);
  } catch (const Error& error) {
    // an answer that did not come may be that of COMMIT; one that did come is an error before or at it
    if (!connection.abandoned() && !connection.cancelled() && number != kErrorDuringCommit) throw;
    throw Error(ErrorKind::commit_unknown, kCommitting, "the connection was lost before the server answered",
                "tidemark reconnects and reads its position row to find out")
        .code(error.server_code());
  }
}

}  // namespace tidemark::mysql
