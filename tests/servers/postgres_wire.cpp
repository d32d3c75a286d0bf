#include <algorithm>
#include <map>

#include "servers/wire.h"

namespace tidemark::test {

namespace {

constexpr size_t kSeenBytes = 2048;  // of a frame, for its mark

uint32_t number_at(std::string_view bytes, size_t i) {
  uint32_t out = 0;
  for (size_t k = i; k < i + 4; ++k) out = out << 8 | static_cast<uint8_t>(bytes[k]);
  return out;
}
/// The text up to the next NUL; moves past it.
std::string text_of(std::string_view& body) {
  const size_t end = std::min(body.find('\0'), body.size());
  std::string out(body.substr(0, end));
  body.remove_prefix(std::min(end + 1, body.size()));
  return out;
}

class PostgresWire : public Wire {
 protected:
  Frame begin(Direction direction, std::string_view bytes) override {
    // only the startup packet has no letter in front of its length
    const size_t head = direction == Direction::up && !started_ ? 0 : 1;
    if (bytes.size() < head + 4) return {};
    const size_t length = std::max<size_t>(number_at(bytes, head), 4);
    const size_t seen = std::min(length, kSeenBytes);
    if (bytes.size() < head + seen) return {};
    Frame frame{{head + seen, std::nullopt}, length - seen};
    if (head == 0) {
      started_ = true;
      return frame;
    }
    const std::string_view body = bytes.substr(5, seen - 4);
    std::optional<Mark>& mark = frame.first.mark;
    mark = direction == Direction::up ? sent(bytes[0], body) : answered(bytes[0], body);
    if (mark) mark->bytes = head + length;
    return frame;
  }

 private:
  std::optional<Mark> sent(char kind, std::string_view body) {
    Mark mark;
    if (kind == 'Q') {
      mark.text = text_of(body);
      return mark;
    }
    if (kind == 'p') mark.text = "password";  // of any authentication
    if (kind == 'd' && replicates_ && !body.empty() && body[0] == 'r') mark.text = "standby status";
    if (!mark.text.empty()) return mark;
    if (kind == 'P') {  // Parse: name, SQL
      const std::string name = text_of(body);
      prepared_[name] = text_of(body);
    }
    if (kind != 'B') return std::nullopt;
    text_of(body);  // Bind: portal, name of what is prepared; its Execute follows
    mark.text = prepared_[text_of(body)];
    return mark;
  }

  std::optional<Mark> answered(char kind, std::string_view body) {
    Mark mark;
    if (kind == 'W') replicates_ = true;  // CopyBothResponse
    if (kind == 'd' && replicates_) {     // 'w', three places of 8 bytes, and what the plugin says
      if (body.size() < 26 || body[0] != 'w') return std::nullopt;
      mark.kind = Mark::Kind::event;
      mark.event_type = static_cast<uint8_t>(body[25]);
      return mark;
    }
    if (kind == 'd') {
      mark.kind = Mark::Kind::answer;
      mark.text = "a row of COPY";
      return mark;
    }
    if (kind != 'C') return std::nullopt;  // CommandComplete
    mark.kind = Mark::Kind::answer;
    mark.text = text_of(body);
    return mark;
  }

  bool started_ = false;
  bool replicates_ = false;
  std::map<std::string, std::string> prepared_;
};

}  // namespace

std::unique_ptr<Wire> make_postgres_wire() { return std::make_unique<PostgresWire>(); }

}  // namespace tidemark::test
