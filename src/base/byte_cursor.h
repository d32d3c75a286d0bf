// A bounded reader over bytes that a server sent us, with a sticky error: after the first read past the end every read returns zero
// and failed() stays true, so a decoder checks once at its end. Borrowed bytes; value type; never throws, never reads out of bounds.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tidemark {

static_assert(std::endian::native == std::endian::little, "the decoders load little-endian integers directly");

class ByteCursor {
 public:
  ByteCursor() = default;
  explicit ByteCursor(std::string_view bytes) : p_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool failed() const { return failed_; }
  void fail() {
    failed_ = true;
    p_ = end_;
  }
  size_t left() const { return static_cast<size_t>(end_ - p_); }
  bool at_end() const { return p_ == end_; }
  const char* here() const { return p_; }

  uint8_t u8() { return static_cast<uint8_t>(little(1)); }
  uint16_t u16() { return static_cast<uint16_t>(little(2)); }
  uint32_t u24() { return static_cast<uint32_t>(little(3)); }
  uint32_t u32() { return static_cast<uint32_t>(little(4)); }
  uint64_t u48() { return little(6); }
  uint64_t u64() { return little(8); }
  /// `n` bytes, least significant first, n <= 8.
  uint64_t little(size_t n) {
    if (!need(n)) return 0;
    uint64_t v = 0;
    std::memcpy(&v, p_, n);
    p_ += n;
    return v;
  }
  /// `n` bytes, most significant first, n <= 8.
  uint64_t big(size_t n) {
    if (!need(n)) return 0;
    uint64_t v = 0;
    for (size_t i = 0; i < n; ++i) v = v << 8 | static_cast<uint8_t>(p_[i]);
    p_ += n;
    return v;
  }
  std::string_view bytes(size_t n) {
    if (!need(n)) return {};
    std::string_view v(p_, n);
    p_ += n;
    return v;
  }
  std::string_view rest() { return bytes(left()); }
  void skip(size_t n) {
    if (need(n)) p_ += n;
  }
  /// Cuts `n` bytes off the end (a trailing checksum).
  void shrink(size_t n) {
    if (n > left()) return fail();
    end_ -= n;
  }
  /// MySQL's length-encoded integer.
  uint64_t length_encoded() {
    uint8_t first = u8();
    if (first < 251) return first;
    if (first == 252) return u16();
    if (first == 253) return u24();
    if (first == 254) return u64();
    fail();
    return 0;
  }

 private:
  bool need(size_t n) {
    if (n <= left() && !failed_) return true;
    fail();
    return false;
  }
  const char* p_ = nullptr;
  const char* end_ = nullptr;
  bool failed_ = false;
};

}  // namespace tidemark
