// The packet stream of a connection, of any bytes, through a real socket, sent in two pieces. The first byte of the input says where it is
// cut, in parts of 255. What comes out is what the bytes say, packet by packet; then an Error: corrupt when a packet is out of sequence,
// else source_unavailable, since the connection ends.
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "engine/mysql/packet_source.h"
#include "must.h"
#include "tidemark/error.h"

using namespace tidemark;
using namespace tidemark::mysql;
using tidemark::fuzz::must;

namespace {

constexpr size_t kBytesMax = 64 * 1024;  // fits into the socket's buffer, so that one thread can be both ends

struct Expected {
  std::vector<std::string_view> packets;
  bool out_of_sequence = false;
};

Expected read_plainly(std::string_view bytes) {
  Expected expected;
  uint8_t number = 1;
  while (bytes.size() >= 4) {
    const auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<uint8_t>(bytes[i])); };
    const size_t length = byte(0) | byte(1) << 8 | byte(2) << 16;
    if (bytes.size() - 4 < length) break;
    if (byte(3) != number++) {
      expected.out_of_sequence = true;
      break;
    }
    expected.packets.push_back(bytes.substr(4, length));
    bytes.remove_prefix(4 + length);
  }
  return expected;
}

struct Ends {
  Ends() { must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0, "there are sockets"); }
  ~Ends() {
    close(fd[0]);
    close(fd[1]);
  }
  void send_all(std::string_view bytes) const {
    must(bytes.empty() || send(fd[0], bytes.data(), bytes.size(), MSG_DONTWAIT) == static_cast<ssize_t>(bytes.size()), "all is sent");
  }
  int fd[2] = {-1, -1};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > kBytesMax) return 0;
  const std::string_view bytes = fuzz::text_of(data + 1, size - 1);
  const size_t cut = bytes.size() * data[0] / 255;
  const Expected expected = read_plainly(bytes);
  const Ends ends;
  ends.send_all(bytes.substr(0, cut));
  const auto source = read_packets_from_socket(ends.fd[1]);
  size_t seen = 0;
  bool all_sent = false;
  try {
    for (;;) {
      std::string_view packet;
      if (source->next(packet, std::chrono::milliseconds(0))) {
        must(seen < expected.packets.size() && packet == expected.packets[seen], "a packet is what the bytes say");
        ++seen;
        continue;
      }
      must(!all_sent, "a closed connection is told");
      ends.send_all(bytes.substr(cut));
      shutdown(ends.fd[0], SHUT_WR);
      all_sent = true;
    }
  } catch (const Error& error) {
    must(seen == expected.packets.size(), "every whole packet comes");
    must(error.kind() == (expected.out_of_sequence ? ErrorKind::corrupt : ErrorKind::source_unavailable), "the error says what happened");
    must(all_sent || expected.out_of_sequence, "a connection that is open does not end");
  }
  return 0;
}
