#include "engine/mysql/payload.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

namespace tidemark::mysql {

namespace {

constexpr size_t kEventHeader = 19;
constexpr size_t kLengthAt = 9;      // of the event's length in its header
constexpr size_t kStep = 64 * 1024;  // bytes unpacked at once

enum class Field : uint8_t { end = 0, size = 1, compression = 2, unpacked_size = 3 };
constexpr uint64_t kZstd = 0, kNone = 255;

}  // namespace

struct PayloadReader::State {
  ~State() { ZSTD_freeDStream(stream); }
  ZSTD_DStream* stream = nullptr;
  std::string_view packed;  // not yet unpacked
  bool plain = false;       // no compression
  bool stream_ended = true;
  uint64_t announced = 0;  // unpacked size in the head
  uint64_t unpacked = 0;
  std::string buffer;  // unpacked and not yet handed out: [begin, end)
  size_t begin = 0, end = 0;
};

PayloadReader::PayloadReader() : state_(std::make_unique<State>()) {}
PayloadReader::~PayloadReader() = default;

PayloadReader::Step PayloadReader::fail(std::string why) {
  error_ = "transaction payload: " + std::move(why);
  return Step::failed;
}

bool PayloadReader::open(ByteCursor body) {
  State& s = *state_;
  s.begin = s.end = 0;
  s.unpacked = s.announced = 0;
  s.packed = {};
  error_.clear();
  uint64_t size = 0, compression = kNone;
  for (;;) {
    auto kind = static_cast<Field>(body.length_encoded());
    if (body.failed() || kind == Field::end) break;
    ByteCursor field(body.bytes(body.length_encoded()));
    switch (kind) {
      case Field::size: size = field.length_encoded(); break;
      case Field::compression: compression = field.length_encoded(); break;
      case Field::unpacked_size: s.announced = field.length_encoded(); break;
      default: break;
    }
    if (field.failed()) body.fail();
  }
  s.packed = body.bytes(size);
  if (body.failed()) return fail("malformed head"), false;
  if (compression != kZstd && compression != kNone) return fail("compression " + std::to_string(compression) + " is not known"), false;
  s.plain = compression == kNone;
  s.stream_ended = s.plain || s.packed.empty();
  if (!s.plain) {
    if (s.stream == nullptr) s.stream = ZSTD_createDStream();
    if (s.stream == nullptr || ZSTD_isError(ZSTD_initDStream(s.stream)) != 0) return fail("zstd cannot be set up"), false;
  }
  return true;
}

/// Makes `want` bytes available at `begin`; false at the end of the payload or on an error (error_ is then set).
bool PayloadReader::fill(size_t want) {
  State& s = *state_;
  if (s.begin > 0) {
    std::memmove(s.buffer.data(), s.buffer.data() + s.begin, s.end - s.begin);
    s.end -= s.begin;
    s.begin = 0;
  }
  while (s.end < want) {
    if (s.packed.empty() && s.stream_ended) return false;
    // Grows by what has really been unpacked, not by what a length claims.
    if (s.buffer.size() - s.end < kStep) s.buffer.resize(std::max(s.buffer.size() * 2, s.end + kStep));
    size_t made = 0;
    if (s.plain) {
      made = std::min(s.packed.size(), kStep);
      std::memcpy(s.buffer.data() + s.end, s.packed.data(), made);
      s.packed.remove_prefix(made);
    } else {
      ZSTD_inBuffer in{s.packed.data(), s.packed.size(), 0};
      ZSTD_outBuffer out{s.buffer.data() + s.end, kStep, 0};
      size_t left = ZSTD_decompressStream(s.stream, &out, &in);
      if (ZSTD_isError(left) != 0) return fail(std::string("zstd: ") + ZSTD_getErrorName(left)), false;
      s.packed.remove_prefix(in.pos);
      made = out.pos;
      s.stream_ended = left == 0;
      if (made == 0 && in.pos == 0 && !s.stream_ended) return fail("zstd data ends too early"), false;
    }
    s.end += made;
    s.unpacked += made;
    if (s.unpacked > s.announced) return fail("holds more than the " + std::to_string(s.announced) + " bytes that it announces"), false;
  }
  return true;
}

PayloadReader::Step PayloadReader::next(std::string_view& event) {
  State& s = *state_;
  if (!error_.empty()) return Step::failed;
  if (s.end - s.begin < kEventHeader && !fill(kEventHeader)) {
    if (!error_.empty()) return Step::failed;
    if (s.end != s.begin) return fail("ends within an event");
    if (s.announced != s.unpacked) {
      return fail("announces " + std::to_string(s.announced) + " bytes, holds " + std::to_string(s.unpacked));
    }
    return Step::end;
  }
  uint32_t length;
  std::memcpy(&length, s.buffer.data() + s.begin + kLengthAt, sizeof length);
  if (length < kEventHeader || length > kUnpackedMax + kEventHeader) return fail("event of " + std::to_string(length) + " bytes");
  if (s.end - s.begin < length && !fill(length)) return error_.empty() ? fail("ends within an event") : Step::failed;
  event = std::string_view(s.buffer).substr(s.begin, length);
  s.begin += length;
  return Step::event;
}

namespace {

/// Inflates all of `packed`, appends exactly `size` bytes. `window` as zlib defines it (negative: raw).
bool inflate_exactly(std::string_view packed, size_t size, int window, std::string& out) {
  z_stream z{};
  if (packed.size() > UINT32_MAX || inflateInit2(&z, window) != Z_OK) return false;
  const size_t start = out.size();
  z.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));  // zlib does not write there
  z.avail_in = static_cast<uInt>(packed.size());
  int result = Z_OK;
  // In steps that double, so that memory follows what the data really holds.
  size_t room = std::min(size, std::max<size_t>(packed.size() * 4, 4096));
  while (result == Z_OK) {
    size_t done = z.total_out;
    if (done == size && done == room) room = size + 1;  // one more byte shows data that is too long
    out.resize(start + room);
    z.next_out = reinterpret_cast<Bytef*>(out.data() + start + done);
    z.avail_out = static_cast<uInt>(room - done);
    uInt had = z.avail_in;
    result = inflate(&z, Z_NO_FLUSH);
    if (result == Z_BUF_ERROR || z.total_out > size) break;
    if (result == Z_OK && z.avail_out > 0 && z.avail_in == had) break;
    if (z.avail_out == 0 && room < size) room = std::min(size, room * 2);
  }
  bool fine = result == Z_STREAM_END && z.total_out == size;
  inflateEnd(&z);
  out.resize(fine ? start + size : start);
  return fine;
}

}  // namespace

bool inflate_binlog(std::string_view packed, std::string& out, std::string& why) {
  // one byte: 1000'0nnn (zlib, n bytes of length, most significant first)
  ByteCursor cursor(packed);
  uint8_t head = cursor.u8();
  size_t width = head & 7;
  uint64_t size = width >= 1 && width <= 4 ? cursor.big(width) : 0;
  if (cursor.failed() || (head & 0xF8) != 0x80 || width < 1 || width > 4) {
    why = "compressed event: compression is not known";
    return false;
  }
  if (size > kUnpackedMax || !inflate_exactly(cursor.rest(), size, MAX_WBITS, out)) {
    why = "compressed event: data does not unpack to the " + std::to_string(size) + " bytes announced";
    return false;
  }
  return true;
}

bool inflate_query(std::string_view body, std::string& out, std::string& why) {
  constexpr size_t kHead = 13, kDatabaseLengthAt = 8, kStatusLengthAt = 11;
  size_t plain = 0;
  if (body.size() >= kHead) {
    uint16_t status = 0;
    std::memcpy(&status, body.data() + kStatusLengthAt, 2);
    plain = kHead + status + static_cast<uint8_t>(body[kDatabaseLengthAt]) + 1;
  }
  if (plain == 0 || plain > body.size()) {
    why = "compressed query event is too short";
    return false;
  }
  out.assign(body.substr(0, plain));
  return inflate_binlog(body.substr(plain), out, why);
}

bool inflate_column(std::string_view packed, size_t length_max, std::string& out) {
  // One byte: method in the high half, then bit 3 of the low half: raw deflate (no zlib head), and the width of the length.
  if (packed.empty()) return true;  // an empty value
  auto head = static_cast<uint8_t>(packed[0]);
  packed.remove_prefix(1);
  if (head == 0) {
    if (packed.size() > length_max) return false;
    out.append(packed);
    return true;
  }
  constexpr uint8_t kZlib = 8;
  size_t width = head & 7;
  if (head >> 4 != kZlib || width < 1 || width > 4 || packed.size() < width) return false;
  ByteCursor cursor(packed);
  uint64_t size = cursor.big(width);
  bool raw = (head & 8) != 0;
  if (size > length_max || size > kUnpackedMax) return false;
  return inflate_exactly(cursor.rest(), size, raw ? -MAX_WBITS : MAX_WBITS, out);
}

}  // namespace tidemark::mysql
