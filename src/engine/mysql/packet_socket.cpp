#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "engine/mysql/packet_source.h"
#include "tidemark/error.h"

namespace tidemark::mysql {

namespace {

constexpr size_t kBufferBytes = 1 << 20;
constexpr size_t kPacketMax = 0xFFFFFF;  // a packet of this size is continued by the next one
constexpr size_t kHeadBytes = 4;

class SocketPackets : public PacketSource {
 public:
  explicit SocketPackets(int socket) : socket_(socket) { resize(kBufferBytes); }

  bool next(std::string_view& packet, std::chrono::milliseconds wait) override {
    for (;;) {
      std::string_view piece;
      if (!next_piece(piece, wait)) return false;
      if (joining_ || piece.size() == kPacketMax) {
        if (!joining_) std::string().swap(joined_);
        joining_ = piece.size() == kPacketMax;
        joined_.append(piece);
        if (joining_) continue;
        packet = joined_;
        return true;
      }
      if (!joined_.empty()) std::string().swap(joined_);
      packet = piece;
      return true;
    }
  }
  std::chrono::milliseconds silence() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - received_at_);
  }
  uint64_t bytes() const override { return bytes_; }

 private:
  using Clock = std::chrono::steady_clock;

  bool next_piece(std::string_view& piece, std::chrono::milliseconds wait) {
    size_t want = kHeadBytes;
    for (;;) {
      size_t have = end_ - begin_;
      if (have >= kHeadBytes) {
        uint32_t head;
        std::memcpy(&head, buffer_.get() + begin_, kHeadBytes);
        size_t length = head & 0xFFFFFF;
        want = kHeadBytes + length;
        if (have >= want) {
          // The first packet after a request has number 1; they count on for as long as the stream lasts.
          if (static_cast<uint8_t>(head >> 24) != sequence_)
            throw Error(ErrorKind::corrupt, "reading the binary log",
                        fmt::format("packet number {} came instead of {}", head >> 24, sequence_));
          ++sequence_;
          piece = {buffer_.get() + begin_ + kHeadBytes, length};
          begin_ += want;
          return true;
        }
      }
      if (!receive(want, wait)) return false;
    }
  }

  bool receive(size_t want, std::chrono::milliseconds wait) {
    make_room(want);
    for (;;) {
      ssize_t n = recv(socket_, buffer_.get() + end_, capacity_ - end_, MSG_DONTWAIT);
      if (n > 0) {
        end_ += static_cast<size_t>(n);
        bytes_ += static_cast<uint64_t>(n);
        received_at_ = Clock::now();
        return true;
      }
      if (n == 0) throw Error(ErrorKind::source_unavailable, "reading the binary log", "the server closed the connection");
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK)
        throw Error(ErrorKind::source_unavailable, "reading the binary log", std::strerror(errno));
      if (wait.count() <= 0) return false;
      pollfd p{socket_, POLLIN, 0};
      int ready = poll(&p, 1, static_cast<int>(std::min<int64_t>(wait.count(), 3600000)));
      if (ready == 0) return false;
      if (ready < 0 && errno != EINTR) throw Error(ErrorKind::source_unavailable, "reading the binary log", std::strerror(errno));
      if (ready < 0) return false;
    }
  }

  void make_room(size_t want) {
    size_t have = end_ - begin_;
    if (have == 0) {
      begin_ = end_ = 0;
      if (capacity_ > kBufferBytes && want <= kBufferBytes) resize(kBufferBytes);
    }
    if (begin_ + want <= capacity_ && end_ < capacity_) return;
    if (want > capacity_) {
      std::unique_ptr<char[]> old = std::move(buffer_);
      resize(want);
      std::memcpy(buffer_.get(), old.get() + begin_, have);
    } else {
      std::memmove(buffer_.get(), buffer_.get() + begin_, have);
    }
    begin_ = 0;
    end_ = have;
  }

  void resize(size_t capacity) {
    buffer_ = std::make_unique_for_overwrite<char[]>(capacity);
    capacity_ = capacity;
  }

  int socket_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0, begin_ = 0, end_ = 0;
  std::string joined_;  // a packet of several pieces
  bool joining_ = false;
  uint8_t sequence_ = 1;
  Clock::time_point received_at_ = Clock::now();
  std::atomic<uint64_t> bytes_{0};  // read for the status by other threads
};

}  // namespace

std::unique_ptr<PacketSource> read_packets_from_socket(int socket) { return std::make_unique<SocketPackets>(socket); }

}  // namespace tidemark::mysql
