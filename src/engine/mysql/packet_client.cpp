#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/mysql/dump_error.h"
#include "engine/mysql/packet_source.h"
#include "tidemark/error.h"

namespace tidemark::mysql {

namespace {

constexpr size_t kQueueBytes = 4 << 20;  // the thread waits when this much lies unread

// Packets one after another, each with its length before it.
struct PacketBlock {
  std::vector<char> bytes;
  size_t read = 0;
  bool next(std::string_view& packet) {
    if (read == bytes.size()) return false;
    uint32_t size;
    std::memcpy(&size, bytes.data() + read, sizeof size);
    packet = {bytes.data() + read + sizeof size, size};
    read += sizeof size + size;
    return true;
  }
  void add(const char* data, uint32_t size) {
    const char* head = reinterpret_cast<const char*>(&size);
    bytes.insert(bytes.end(), head, head + sizeof size);
    bytes.insert(bytes.end(), data, data + size);
  }
  void clear() {
    if (bytes.capacity() > 2 * kQueueBytes) bytes = {};
    bytes.clear();
    read = 0;
  }
};

class ClientPackets : public PacketSource {
 public:
  explicit ClientPackets(MYSQL* mysql) : mysql_(mysql), socket_(fcntl(static_cast<int>(mysql_get_socket(mysql)), F_DUPFD_CLOEXEC, 0)) {
    if (socket_ < 0) throw Error(ErrorKind::source_unavailable, "reading the binary log", std::strerror(errno));
    thread_ = std::thread([this] { run(); });
  }
  ~ClientPackets() override {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    room_.notify_all();
    // The thread may sit in a read. Not through the handle: on an error the thread takes it apart just now.
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
  }

  bool next(std::string_view& packet, std::chrono::milliseconds wait) override {
    if (current_.next(packet)) return true;
    current_.clear();
    std::unique_lock lock(mutex_);
    if (incoming_.bytes.empty() && !ended_ && wait.count() > 0)
      filled_.wait_for(lock, wait, [&] { return ended_ || !incoming_.bytes.empty(); });
    if (incoming_.bytes.empty()) {
      if (ended_) throw_server_error(error_number_, error_text_);
      return false;
    }
    std::swap(current_, incoming_);
    lock.unlock();
    room_.notify_one();
    return current_.next(packet);
  }
  std::chrono::milliseconds silence() const override {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::chrono::milliseconds::max();
    return std::chrono::milliseconds(info.tcpi_last_data_recv);
  }
  uint64_t bytes() const override {
    std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  void run() {
    mysql_thread_init();
    for (;;) {
      unsigned long length = mysql_net_read_packet(mysql_);
      std::unique_lock lock(mutex_);
      if (length == packet_error) {
        error_number_ = mysql_errno(mysql_);
        error_text_ = mysql_error(mysql_);
        ended_ = true;
      } else {
        incoming_.add(reinterpret_cast<const char*>(mysql_->net.read_pos), static_cast<uint32_t>(length));
        bytes_ += length + 4;
        filled_.notify_one();
        room_.wait(lock, [&] { return stop_ || incoming_.bytes.size() < kQueueBytes; });
      }
      bool done = ended_ || stop_;
      lock.unlock();
      filled_.notify_one();
      if (done) break;
    }
    mysql_thread_end();
  }

  MYSQL* mysql_;  // the thread's
  const int socket_;
  PacketBlock current_;  // the reader's
  mutable std::mutex mutex_;
  std::condition_variable filled_, room_;
  PacketBlock incoming_;  // the thread's
  bool ended_ = false, stop_ = false;
  unsigned error_number_ = 0;
  std::string error_text_;
  uint64_t bytes_ = 0;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<PacketSource> read_packets_through_client(MYSQL* mysql) { return std::make_unique<ClientPackets>(mysql); }

}  // namespace tidemark::mysql
