// Memory that is handed out piece by piece and freed all at once: home of the rows of one batch.
// One owner; one thread at a time. Throws std::bad_alloc only.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "tidemark/value.h"

namespace tidemark {

class Arena {
 public:
  Arena() = default;
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  /// `size` bytes, aligned to 8, not initialised.
  char* allocate(size_t size) {
    size = (size + 7) & ~size_t{7};
    if (size > left_) return allocate_slow(size);
    char* p = next_;
    next_ += size;
    left_ -= size;
    return p;
  }
  /// An array of `n` absent Values.
  Value* allocate_row(size_t n) {
    auto* row = reinterpret_cast<Value*>(allocate(n * sizeof(Value)));
    for (size_t i = 0; i < n; ++i) row[i] = Value();
    return row;
  }
  std::string_view copy(std::string_view bytes) {
    if (bytes.empty()) return "";
    char* p = allocate(bytes.size());
    std::memcpy(p, bytes.data(), bytes.size());
    return {p, bytes.size()};
  }
  /// Gives back the tail of the latest allocation: `used` of its `size` bytes stay. For "allocate the most, then write" decoders.
  void trim_last(char* p, size_t size, size_t used) {
    size = (size + 7) & ~size_t{7};
    used = (used + 7) & ~size_t{7};
    if (p + size == next_) {
      next_ -= size - used;
      left_ += size - used;
    }
  }

  /// Bytes taken from the heap, unused tails included.
  size_t bytes_allocated() const { return allocated_; }

 private:
  char* allocate_slow(size_t size);

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  size_t left_ = 0;
  size_t allocated_ = 0;
};

}  // namespace tidemark
