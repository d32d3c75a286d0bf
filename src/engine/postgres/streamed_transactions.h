// Transactions that the server streams before they end (streaming on, parallel): their messages are kept as they came until the commit, in
// memory while all of them together are few, in an unnamed temporary file each beyond that. What is rolled back to a savepoint in between
// leaves out its subtransactions when the rest is read.
// Owned and used by the reader thread. Throws Error(state) when a temporary file cannot be made, written or read.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/message_spool.h"

namespace tidemark::postgres {

/// The messages of one transaction that is over, in order, without those that were rolled back.
class StreamedMessages {
 public:
  explicit StreamedMessages(const std::string& folder);
  /// False: no more. The view holds until the next call.
  bool next(std::string_view& message);

 private:
  friend class StreamedTransactions;
  MessageSpool spool_;  // each message after the 4 bytes of its subtransaction's id
  std::set<uint32_t> rolled_back_;
  size_t counted_ = 0;  // of its bytes in memory
};

class StreamedTransactions {
 public:
  /// `memory_max`: bytes that all of them together may keep in memory.
  StreamedTransactions(std::string folder, size_t memory_max) : folder_(std::move(folder)), memory_max_(memory_max) {}

  /// `xid` the top-level transaction, `subxid` the one that made the change (the same when there is no savepoint).
  void append(uint32_t xid, uint32_t subxid, std::string_view message);
  /// Rolled back: a subtransaction, or all of it when both are the same. The server names each nested subtransaction by itself.
  void roll_back(uint32_t xid, uint32_t subxid);
  /// It is committed: no longer kept here. One that streamed nothing gives no messages.
  std::unique_ptr<StreamedMessages> take(uint32_t xid);

  size_t count() const { return open_.size(); }
  size_t bytes_in_memory() const { return in_memory_; }

 private:
  void make_room();
  void count(StreamedMessages& messages);

  const std::string folder_;
  const size_t memory_max_;
  std::map<uint32_t, std::unique_ptr<StreamedMessages>> open_;
  size_t in_memory_ = 0;
  std::string message_;
};

}  // namespace tidemark::postgres
