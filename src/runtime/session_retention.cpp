// What the source's server keeps of its log for this session. Asked beside everything else, so that it is known also while the sink is slow
// or the stream is silent: that is when it matters.
#include "base/log.h"
#include "runtime/session.h"
#include "tidemark/error.h"

namespace tidemark {

namespace {
constexpr std::chrono::seconds kEvery{5};
}  // namespace

void Session::watch_retention() {
  for (;;) {
    std::optional<LogRetention> now;
    try {
      now = retention_source_->retention();
      if (!now) return;  // the engine has nothing of the kind
    } catch (const Error& e) {
      spdlog::debug("{}: asking what the source keeps of its log: {}", pipeline_.name, e.what());
    }
    std::unique_lock lock(mutex_);
    if (now && !now->warning.empty() && (!retention_ || retention_->warning.empty())) {
      spdlog::warn("{}: source {}: {}", pipeline_.name, pipeline_.source, now->warning);
    }
    if (now) retention_ = std::move(now);
    if (changed_.wait_for(lock, kEvery, [&] { return stopping_; })) return;
  }
}

}  // namespace tidemark
