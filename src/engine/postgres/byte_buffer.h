// A growable byte buffer for values in PostgreSQL's binary form: big-endian integers, room asked for once, then written without checks.
// One owner, one thread; throws std::bad_alloc only.
#pragma once

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace tidemark::postgres {

/// libpq's and the server's integers are big-endian; the machines we run on are little-endian (asserted in base/byte_cursor.h).
inline uint16_t to_big(uint16_t v) { return __builtin_bswap16(v); }
inline uint32_t to_big(uint32_t v) { return __builtin_bswap32(v); }
inline uint64_t to_big(uint64_t v) { return __builtin_bswap64(v); }

class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~ByteBuffer() { std::free(data_); }

  const char* data() const { return data_; }
  char* data() { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_, size_}; }
  void clear() { size_ = 0; }
  void truncate(size_t size) { size_ = size; }
  /// Gives memory back after an unusually large batch.
  void clear_and_shrink(size_t keep) {
    if (capacity_ > keep) {
      std::free(data_);
      data_ = nullptr;
      capacity_ = 0;
    }
    size_ = 0;
  }

  /// Room for `n` more bytes; the put functions below do not check.
  void reserve_more(size_t n) {
    if (capacity_ - size_ < n) grow(n);
  }
  char* end() { return data_ + size_; }
  void advance(size_t n) { size_ += n; }

  void put8(uint8_t v) { data_[size_++] = static_cast<char>(v); }
  void put16(uint16_t v) { put_raw(to_big(v)); }
  void put32(uint32_t v) { put_raw(to_big(v)); }
  void put64(uint64_t v) { put_raw(to_big(v)); }
  void put_signed16(int16_t v) { put16(static_cast<uint16_t>(v)); }
  void put_signed32(int32_t v) { put32(static_cast<uint32_t>(v)); }
  void put_signed64(int64_t v) { put64(static_cast<uint64_t>(v)); }
  void put_bytes(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(data_ + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  /// Overwrites four bytes at `at`.
  void patch32(size_t at, uint32_t v) {
    v = to_big(v);
    std::memcpy(data_ + at, &v, sizeof v);
  }

 private:
  template <typename T>
  void put_raw(T v) {
    std::memcpy(data_ + size_, &v, sizeof v);
    size_ += sizeof v;
  }
  void grow(size_t n) {
    size_t capacity = capacity_ ? capacity_ * 2 : 1024;
    while (capacity - size_ < n) capacity *= 2;
    void* data = std::realloc(data_, capacity);
    if (!data) throw std::bad_alloc();
    data_ = static_cast<char*>(data);
    capacity_ = capacity;
  }
  void swap(ByteBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace tidemark::postgres
