// Prepared XA transactions: their rows stand in the log at PREPARE, and only the XA COMMIT, perhaps days later, says that they count.
// The events are kept as they came, in memory while they are few and in an unnamed temporary file beyond that.
// Owned and used by the reader thread. Throws Error(state) when the temporary file cannot be written or read.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/message_spool.h"
#include "tidemark/position.h"

namespace tidemark::mysql {

struct PreparedXa {
  LogOffset begin;       // of the PREPARE's transaction
  GtidSet gtids_before;  // everything before it
  std::unique_ptr<MessageSpool> events;
};

class XaStore {
 public:
  void add(const std::string& xid, PreparedXa prepared) { prepared_.insert_or_assign(xid, std::move(prepared)); }
  bool take(const std::string& xid, PreparedXa& out);
  /// The one that was prepared first; nullptr: none.
  const PreparedXa* earliest() const;
  bool empty() const { return prepared_.empty(); }
  const std::map<std::string, PreparedXa>& all() const { return prepared_; }

 private:
  std::map<std::string, PreparedXa> prepared_;
};

}  // namespace tidemark::mysql
