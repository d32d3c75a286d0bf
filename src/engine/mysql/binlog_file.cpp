#include "engine/mysql/binlog_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/mysql/event_header.h"
#include "tidemark/error.h"

namespace tidemark::mysql {

namespace {
constexpr size_t kPieceBytes = 1 << 20;  // memory grows with what is there, not with what a header claims
constexpr char kMagic[] =
    "\xfe"
    "bin";
constexpr char kEncryptedMagic[] =
    "\xfd"
    "bin";
}  // namespace

BinlogInput::BinlogInput(const std::string& path) : path_(path) {
  file_ = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) throw Error(ErrorKind::usage, "reading " + printable(path), std::strerror(errno));
  read(4);
  if (event_ == kMagic) return;
  if (event_ == kEncryptedMagic)
    throw Error(ErrorKind::unsupported, "reading " + printable(path), "the file is encrypted",
                "let the server decrypt it: mysqlbinlog --read-from-remote-server --raw ...");
  throw Error(ErrorKind::corrupt, "reading " + printable(path), "it does not begin as a binary log does (fe 62 69 6e)");
}

BinlogInput::~BinlogInput() {
  if (file_ > STDIN_FILENO) close(file_);
}

size_t BinlogInput::read(size_t n) {
  size_t done = 0;
  while (done < n) {
    size_t want = std::min(n - done, kPieceBytes);
    size_t have = event_.size();
    event_.resize(have + want);
    ssize_t got = ::read(file_, event_.data() + have, want);
    int why = errno;
    event_.resize(have + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && why == EINTR) continue;
    if (got < 0) throw Error(ErrorKind::usage, "reading " + printable(path_), std::strerror(why));
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

bool BinlogInput::next(std::string_view& event) {
  offset_ += started_ ? event_.size() : 0;
  started_ = true;
  event_.clear();
  size_t got = read(kEventHeaderBytes);
  if (got == 0) return false;
  auto cut_off = [&] {
    Error error(ErrorKind::corrupt, "reading " + printable(path_), "the file ends in the middle of an event");
    throw error.at(fmt::format("offset {}", offset_));
  };
  if (got < kEventHeaderBytes) cut_off();
  EventHeader header = parse_event_header(event_);
  if (header.length < kEventHeaderBytes) {
    Error error(ErrorKind::corrupt, "reading " + printable(path_), fmt::format("an event says that it has {} bytes", header.length));
    throw error.at(fmt::format("offset {}", offset_));
  }
  size_t body = header.length - kEventHeaderBytes;
  if (read(body) < body) cut_off();
  event = event_;
  return true;
}

}  // namespace tidemark::mysql
