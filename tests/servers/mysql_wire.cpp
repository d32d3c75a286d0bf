#include <algorithm>
#include <utility>

#include "servers/wire.h"

namespace tidemark::test {

namespace {

constexpr size_t kHeadBytes = 4;       // length in three bytes, sequence number
constexpr size_t kLongest = 0xFFFFFF;  // a packet of this length is continued by the next one
constexpr size_t kTextBytes = 512;     // of a statement, for its mark
constexpr size_t kEventHeaderBytes = 19;
constexpr size_t kAnswerBytes = 24;  // of one, for its mark
constexpr uint8_t kWantsFile = 0xFB;
constexpr uint32_t kMoreResults = 8;  // SERVER_MORE_RESULTS_EXISTS
constexpr std::string_view kCommit = ";COMMIT";
constexpr uint8_t kQuery = 3, kBinlogDump = 18, kPrepare = 22, kExecute = 23, kBinlogDumpGtid = 30, kBulkExecute = 250;  // COM_*

uint8_t byte_at(std::string_view bytes, size_t i) { return static_cast<uint8_t>(bytes[i]); }
uint32_t number_at(std::string_view bytes, size_t i, int width) {
  uint32_t out = 0;
  for (int k = 0; k < width; ++k) out |= static_cast<uint32_t>(byte_at(bytes, i + static_cast<size_t>(k))) << (8 * k);
  return out;
}

class MysqlWire : public Wire {
 protected:
  Frame begin(Direction direction, std::string_view bytes) override {
    if (bytes.size() < kHeadBytes) return {};
    const size_t length = number_at(bytes, 0, 3);
    const bool up = direction == Direction::up;
    size_t seen = std::min(length, up ? kTextBytes : kAnswerBytes);
    if (up && seen < length) seen = std::min(seen, length - kCommit.size());  // the end is looked at for itself
    if (bytes.size() < kHeadBytes + seen) return {};
    const std::string_view body = bytes.substr(kHeadBytes, seen);
    Frame frame{{kHeadBytes + seen, up ? sent(byte_at(bytes, 3), body) : answered(length, body)}, length - seen};
    std::optional<Mark>& mark = frame.first.mark;
    if (mark && mark->kind != Mark::Kind::event) mark->bytes = kHeadBytes + length;
    if (!up || !mark || loads_) return frame;
    const bool commits = seen == length && mark->text.size() > kCommit.size() && ends_in_commit(mark->text);
    if (commits) {
      frame.first.bytes -= kCommit.size();
      frame.rest = kCommit.size();
    }
    if (frame.rest > 0) frame.tail = kCommit.size();
    return frame;
  }

  /// Of a statement's packet.
  std::optional<Mark> end(Direction, std::string_view tail) override {
    if (!ends_in_commit(tail)) return std::nullopt;
    asked_ = std::string(kCommit);
    Mark mark;
    mark.text = kCommit;
    mark.bytes = tail.size();
    return mark;
  }

 private:
  static bool ends_in_commit(std::string_view text) { return text.substr(text.size() - std::min(text.size(), kCommit.size())) == kCommit; }

  /// A command begins with sequence number 0; what follows the server's greeting does not.
  std::optional<Mark> sent(uint8_t sequence, std::string_view body) {
    Mark mark;
    if (loads_) {
      if (body.empty()) loads_ = false;
      if (body.empty()) return std::nullopt;
      mark.text = "data of LOAD DATA";
      return mark;
    }
    if (sequence != 0 || body.empty()) return std::nullopt;
    const uint8_t command = byte_at(body, 0);
    if (command == kBinlogDump || command == kBinlogDumpGtid) dumps_ = true;
    asked_.reset();
    if (command == kPrepare) prepared_ = body.substr(1);
    if (command == kQuery) asked_ = std::string(body.substr(1));
    if (command == kExecute) asked_ = prepared_;
    if (command == kBulkExecute) asked_ = "bulk of rows";
    if (!asked_) return std::nullopt;
    mark.text = *asked_;
    return mark;
  }

  std::optional<Mark> answered(size_t length, std::string_view body) {
    const bool continues = std::exchange(continued_, length == kLongest);
    Mark mark;
    if (dumps_) {
      if (continues || length < 1 + kEventHeaderBytes || body[0] != 0) return std::nullopt;
      mark.kind = Mark::Kind::event;
      mark.event_type = byte_at(body, 1 + 4);
      mark.event_end = number_at(body, 1 + 13, 4);
      mark.begin = kHeadBytes + 1;
      mark.bytes = number_at(body, 1 + 9, 4);
      return mark;
    }
    if (!asked_ || body.empty()) return std::nullopt;
    if (byte_at(body, 0) == kWantsFile) {  // its answer comes when it has the file
      loads_ = true;
      return std::nullopt;
    }
    mark.kind = Mark::Kind::answer;
    if (*asked_ == kCommit && more_follow(body)) {
      mark.text = "OK before ;COMMIT";
      return mark;
    }
    mark.text = *std::exchange(asked_, std::nullopt);
    return mark;
  }

  /// Of an OK packet: rows, last id, status.
  static bool more_follow(std::string_view body) {
    size_t at = 1;
    for (int number = 0; number < 2; ++number) {
      if (byte_at(body, 0) != 0 || at >= body.size()) return false;
      const uint8_t first = byte_at(body, at);
      at += first < 0xFC ? 1 : first == 0xFC ? 3 : first == 0xFD ? 4 : 9;
    }
    return at + 2 <= body.size() && (number_at(body, at, 2) & kMoreResults) != 0;
  }

  std::optional<std::string> asked_;  // not yet answered
  std::string prepared_;              // last; tidemark has one at a time
  bool dumps_ = false;                // everything down is an event from here on
  bool loads_ = false;                // what is sent is the file of LOAD DATA LOCAL, up to an empty packet
  bool continued_ = false;
};

}  // namespace

std::unique_ptr<Wire> make_mysql_wire() { return std::make_unique<MysqlWire>(); }

}  // namespace tidemark::test
