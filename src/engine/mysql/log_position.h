// Follows the place in the log while events pass: 64-bit offsets although the protocol carries 32, file numbers from rotations,
// events without a position. Value type; never fails.
#pragma once

#include <string>
#include <string_view>

#include "engine/mysql/event_control.h"
#include "engine/mysql/event_header.h"
#include "tidemark/position.h"

namespace tidemark::mysql {

class LogPosition {
 public:
  LogPosition() = default;
  LogPosition(std::string name, LogOffset at) : name_(std::move(name)), at_(at) {}

  /// After the event that passed last.
  LogOffset at() const { return at_; }
  /// Where the event that passed last begins.
  LogOffset event_begin() const { return begin_; }
  const std::string& log_name() const { return name_; }
  std::string text() const { return text(at_); }
  std::string text(LogOffset offset) const;

  void pass(const EventHeader& header) {
    begin_ = at_;
    if (header.artificial()) return;
    if (header.next_position == 0) {
      // MariaDB 11.4 and later leave the position out inside a transaction. A format description that is sent again has none either,
      // and lies before the place where the stream begins.
      if (header.type != EventType::format_description) at_.byte += header.length;
      return;
    }
    uint64_t next = (at_.byte & ~uint64_t{0xFFFFFFFF}) | header.next_position;
    if (next < at_.byte) {
      if (is_head(header.type)) return;
      next += uint64_t{1} << 32;
    }
    at_.byte = next;
    begin_.byte = next >= header.length ? next - header.length : 0;
  }
  /// False: the name has no number.
  bool rotate(const Rotate& rotate) {
    uint64_t number = 0;
    if (!split_log_name(rotate.file, name_, number)) return false;
    at_ = {number, rotate.position};
    begin_ = at_;
    return true;
  }
  /// The server says that nothing of interest lies before this place.
  void skip_to(const Heartbeat& heartbeat) {
    std::string name;
    uint64_t number = 0;
    if (!split_log_name(heartbeat.file, name, number)) return;
    uint64_t byte = heartbeat.position;
    if (number == at_.file && byte <= 0xFFFFFFFF) {
      byte |= at_.byte & ~uint64_t{0xFFFFFFFF};  // version 1 carries 32 bits
      if (byte < at_.byte) return;
    }
    if (LogOffset{number, byte} > at_) at_ = {number, byte};
  }

 private:
  static bool is_head(EventType type) {
    return type == EventType::format_description || type == EventType::previous_gtids || type == EventType::gtid_list ||
           type == EventType::start_encryption || type == EventType::binlog_checkpoint;
  }
  std::string name_;
  LogOffset at_, begin_;
};

}  // namespace tidemark::mysql
