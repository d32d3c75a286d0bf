// A queue between two threads, bounded by bytes and by count: the producer waits when either is used up, which is our backpressure.
// Any number of producers and consumers. Closed once, from any thread: push then returns false, pop drains what is left.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace tidemark {

template <typename T>
class BoundedQueue {
 public:
  BoundedQueue(size_t bytes_max, size_t count_max) : bytes_max_(bytes_max), count_max_(count_max) {}

  /// Waits for room; one item is always let in when the queue is empty, however large. False: the queue is closed, the item was not taken.
  bool push(T item, size_t bytes) {
    while (!wait_for_room(bytes, std::chrono::hours(1))) {
    }
    std::unique_lock lock(mutex_);
    if (closed_) return false;
    items_.emplace_back(std::move(item), bytes);
    bytes_ += bytes;
    filled_.notify_one();
    return true;
  }

  /// Waits up to `wait`. True: a push() of so many bytes would not wait now, given that nobody else pushes.
  bool wait_for_room(size_t bytes, std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    return room_.wait_for(lock, wait,
                          [&] { return closed_ || items_.empty() || (items_.size() < count_max_ && bytes_ + bytes <= bytes_max_); });
  }

  /// Waits up to `wait` for an item; nothing: timeout, or closed and drained.
  std::optional<T> pop(std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    filled_.wait_for(lock, wait, [&] { return closed_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    auto [item, bytes] = std::move(items_.front());
    items_.pop_front();
    bytes_ -= bytes;
    room_.notify_all();
    return std::move(item);
  }

  void close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    room_.notify_all();
    filled_.notify_all();
  }
  bool closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
  }
  size_t bytes() const {
    std::lock_guard lock(mutex_);
    return bytes_;
  }
  size_t size() const {
    std::lock_guard lock(mutex_);
    return items_.size();
  }
  size_t bytes_max() const { return bytes_max_; }

 private:
  const size_t bytes_max_, count_max_;
  mutable std::mutex mutex_;
  std::condition_variable room_, filled_;
  std::deque<std::pair<T, size_t>> items_;
  size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace tidemark
