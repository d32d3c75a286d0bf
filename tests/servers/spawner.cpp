#include "servers/spawner.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

namespace tidemark::test {
namespace {

class Spawner {
 public:
  Spawner() {
    std::thread([this] { loop(); }).detach();
  }

  void run(const std::function<void()>& work) {
    std::packaged_task<void()> task(work);
    auto done = task.get_future();
    {
      std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
    done.get();
  }

 private:
  void loop() {
    for (;;) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return !tasks_.empty(); });
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::packaged_task<void()>> tasks_;
};

}  // namespace

void run_on_spawner_thread(const std::function<void()>& work) {
  static auto* spawner = new Spawner;  // never destroyed: its thread ends with the process
  spawner->run(work);
}

}  // namespace tidemark::test
