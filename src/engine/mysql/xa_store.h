// Prepared XA transactions: their rows stand in the log at PREPARE, and only the XA COMMIT, perhaps days later, says that they count.
// The events are kept as they came, in memory while they are few and in an unnamed temporary file beyond that.
// Owned and used by the reader thread. Throws Error(state) when the temporary file cannot be written or read.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "tidemark/position.h"

namespace tidemark::mysql {

/// Events in order: written once, then read once from the beginning.
class EventSpool {
 public:
  EventSpool() = default;
  ~EventSpool();
  EventSpool(const EventSpool&) = delete;
  EventSpool& operator=(const EventSpool&) = delete;

  void append(std::string_view event);
  uint64_t size() const { return in_file_ + memory_.size(); }
  /// Forgets what was appended since size() was `size`.
  void cut_back(uint64_t size);
  /// The view holds until the next call. False: no more.
  bool next(std::string_view& event);

 private:
  void flush();
  void read_at(uint64_t offset, char* to, size_t n) const;
  std::string memory_;  // the tail that is not in the file
  uint64_t in_file_ = 0;
  uint64_t read_ = 0;
  int file_ = -1;
  std::string event_;
};

struct PreparedXa {
  LogOffset begin;       // of the PREPARE's transaction
  GtidSet gtids_before;  // everything before it
  std::unique_ptr<EventSpool> events;
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
