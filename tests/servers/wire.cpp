#include "servers/wire.h"

#include <algorithm>
#include <utility>

namespace tidemark::test {

Step Wire::look(Direction direction, std::string_view bytes) {
  Frame& frame = passing_[static_cast<int>(direction)];
  if (frame.rest > frame.tail) {
    const size_t n = std::min(frame.rest - frame.tail, bytes.size());
    frame.rest -= n;
    return {n, std::nullopt};
  }
  if (frame.rest > 0) {
    if (bytes.size() < frame.tail) return {};
    const size_t n = std::exchange(frame.rest, 0);
    return {n, end(direction, bytes.substr(0, n))};
  }
  frame = begin(direction, bytes);
  return frame.first;
}

std::optional<Mark> Wire::end(Direction, std::string_view) { return std::nullopt; }

std::unique_ptr<Wire> make_wire(Protocol protocol) {
  switch (protocol) {
    case Protocol::mysql: return make_mysql_wire();
    case Protocol::postgres: return make_postgres_wire();
    case Protocol::none: break;
  }
  return nullptr;
}

}  // namespace tidemark::test
