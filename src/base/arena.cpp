#include "tidemark/arena.h"

namespace tidemark {

namespace {
constexpr size_t kFirstBlock = 16 * 1024;
constexpr size_t kLargestBlock = 1024 * 1024;
}  // namespace

char* Arena::allocate_slow(size_t size) {
  // Blocks double up to 1 MiB: a batch of one small transaction stays small, a bulk batch needs few blocks.
  size_t block = blocks_.empty() ? kFirstBlock : allocated_ < kLargestBlock ? allocated_ : kLargestBlock;
  if (size > block / 4) {
    // A large piece gets a block of its own, so that the current block's tail is not wasted.
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    allocated_ += size;
    return blocks_.back().get();
  }
  blocks_.push_back(std::make_unique_for_overwrite<char[]>(block));
  allocated_ += block;
  next_ = blocks_.back().get() + size;
  left_ = block - size;
  return blocks_.back().get();
}

}  // namespace tidemark
