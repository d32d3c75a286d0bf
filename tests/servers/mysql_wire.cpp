#include <algorithm>
#include <utility>

#include "servers/wire.h"

namespace tidemark::test {

namespace {

constexpr size_t kHeadBytes = 4;       // length in three bytes, sequence number
constexpr size_t kLongest = 0xFFFFFF;  // a packet of this length is continued by the next one
constexpr size_t kTextBytes = 512;     // of a statement, for its mark
constexpr size_t kEventHeaderBytes = 19;
constexpr uint8_t kQuery = 3, kBinlogDump = 18, kPrepare = 22, kExecute = 23, kBinlogDumpGtid = 30;  // COM_*

uint8_t byte_at(std::string_view bytes, size_t i) { return static_cast<uint8_t>(bytes[i]); }
uint32_t number_at(std::string_view bytes, size_t i, int width) {
  uint32_t out = 0;
  for (int k = 0; k < width; ++k) out |= static_cast<uint32_t>(byte_at(bytes, i + static_cast<size_t>(k))) << (8 * k);
  return out;
}

class MysqlWire : public Wire {
 public:
  Step look(Direction direction, std::string_view bytes) override {
    size_t& rest = rest_[static_cast<int>(direction)];
    if (rest > 0) {
      const size_t n = std::min(rest, bytes.size());
      rest -= n;
      return {n, std::nullopt};
    }
    if (bytes.size() < kHeadBytes) return {};
    const size_t length = number_at(bytes, 0, 3);
    const size_t seen = std::min(length, direction == Direction::up ? kTextBytes : 1 + kEventHeaderBytes);
    if (bytes.size() < kHeadBytes + seen) return {};
    rest = length - seen;
    const std::string_view body = bytes.substr(kHeadBytes, seen);
    return {kHeadBytes + seen, direction == Direction::up ? sent(byte_at(bytes, 3), body) : answered(length, body)};
  }

 private:
  /// A command begins with sequence number 0; what follows the server's greeting does not.
  std::optional<Mark> sent(uint8_t sequence, std::string_view body) {
    if (sequence != 0 || body.empty()) return std::nullopt;
    const uint8_t command = byte_at(body, 0);
    if (command == kBinlogDump || command == kBinlogDumpGtid) dumps_ = true;
    asked_.reset();
    if (command == kPrepare) prepared_ = body.substr(1);
    if (command == kQuery) asked_ = std::string(body.substr(1));
    if (command == kExecute) asked_ = prepared_;
    if (!asked_) return std::nullopt;
    Mark mark;
    mark.text = *asked_;
    mark.bytes = kHeadBytes + body.size();
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
    if (!asked_) return std::nullopt;
    mark.kind = Mark::Kind::answer;
    mark.text = *std::exchange(asked_, std::nullopt);
    mark.bytes = kHeadBytes + length;
    return mark;
  }

  size_t rest_[2] = {0, 0};           // of the frame that is passing
  std::optional<std::string> asked_;  // not yet answered
  std::string prepared_;              // last; tidemark has one at a time
  bool dumps_ = false;                // everything down is an event from here on
  bool continued_ = false;
};

}  // namespace

std::unique_ptr<Wire> make_mysql_wire() { return std::make_unique<MysqlWire>(); }

std::unique_ptr<Wire> make_wire(Protocol protocol) {
  switch (protocol) {
    case Protocol::mysql: return make_mysql_wire();
    case Protocol::postgres: return make_postgres_wire();
    case Protocol::none: break;
  }
  return nullptr;
}

}  // namespace tidemark::test
