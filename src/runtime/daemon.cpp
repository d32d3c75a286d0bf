#include "runtime/daemon.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <thread>

#include "base/failpoint.h"
#include "base/log.h"
#include "control/notify.h"
#include "control/server.h"
#include "runtime/allocator.h"
#include "runtime/pipeline_runner.h"
#include "runtime/signals.h"
#include "tidemark/version.h"

namespace tidemark {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

class Daemon {
 public:
  Daemon(const Config& config, const Engines& engines) : config_(config) {
    state_.store = open_state(config.daemon.state);
    failpoint("daemon.state_open");
    SessionOptions options;
    options.memory_limit = config.daemon.memory_limit / std::max<size_t>(config.pipelines.size(), 1);
    for (const PipelineConfig& p : config.pipelines) {
      options.stop_after_copy = p.startup == Startup::snapshot_only;
      runners_.push_back(std::make_unique<PipelineRunner>(config, p, engines, state_, options));
    }
    sampled_.resize(runners_.size());
  }

  int run(StopSignals& signals) {
    ControlServer server(config_.daemon.socket, [this] { return status(); });
    for (auto& runner : runners_) {
      threads_.emplace_back([&] {
        runner->run();
        signals.wake();
      });
    }
    spdlog::info("tidemark {} started: {} pipeline{}, control socket {}", version(), runners_.size(), runners_.size() == 1 ? "" : "s",
                 config_.daemon.socket);
    watch(signals);
    for (std::thread& thread : threads_) thread.join();
    notifier_.stopping("stopped");
    for (auto& runner : runners_) {
      if (auto error = runner->error()) return exit_code_of(error->kind());
    }
    spdlog::info("stopped");
    return 0;
  }

 private:
  void watch(StopSignals& signals) {
    bool ready = false;
    Clock::time_point stop_asked{};
    bool aborted = false;
    while (!all_ended()) {
      int signal = signals.next(200ms);
      if (signal == SIGTERM || signal == SIGINT) {
        if (stop_asked == Clock::time_point{}) {
          spdlog::info("stopping: applying what was read; send the signal again to drop the batch under way");
          stop_asked = Clock::now();
          failpoint("daemon.stopping");
          notifier_.stopping("draining");
          for (auto& runner : runners_) runner->request_stop();
        } else if (!aborted) {
          aborted = true;
        }
      }
      bool late = stop_asked != Clock::time_point{} && Clock::now() - stop_asked > config_.daemon.shutdown_timeout;
      if (aborted || late) {
        if (late && !aborted) spdlog::warn("shutdown_timeout is over: dropping the batch under way; it is applied again at the next start");
        aborted = true;
        for (auto& runner : runners_) runner->abort();
      }
      if (signal == SIGHUP) spdlog::warn("SIGHUP: the configuration is read at start only; restart to apply changes");
      if (signal == SIGUSR1) log_status();
      tick(ready);
    }
  }

  bool all_ended() const {
    for (const auto& runner : runners_) {
      if (!runner->ended()) return false;
    }
    return true;
  }

  void tick(bool& ready) {
    ticked_ = Clock::now().time_since_epoch().count();
    notifier_.watchdog();
    if (Clock::now() - sampled_at_ < 1s) return;
    std::string line;
    bool all_begun = true;
    double seconds = std::chrono::duration<double>(Clock::now() - sampled_at_).count();
    {
      std::lock_guard lock(sample_mutex_);
      for (size_t i = 0; i < runners_.size(); ++i) {
        PipelineStatus s = runners_[i]->status();
        uint64_t rows = s.changes_applied_total + s.snapshot_rows_total;
        if (sampled_at_ != Clock::time_point{}) {
          sampled_[i].rows_per_second = static_cast<double>(rows - std::min(rows, sampled_[i].rows)) / seconds;
          sampled_[i].bytes_per_second =
              static_cast<double>(s.read_bytes_total - std::min(s.read_bytes_total, sampled_[i].bytes)) / seconds;
        }
        sampled_[i].rows = rows;
        sampled_[i].bytes = s.read_bytes_total;
        // One that waits for its server, or has failed, must not keep the others from being ready: systemd would end them all.
        sampled_[i].begun = sampled_[i].begun || s.source_connected || s.state != PipelineState::starting;
        all_begun = all_begun && sampled_[i].begun;
        line += fmt::format("{}{}: {}", line.empty() ? "" : ", ", s.name, state_name(s.state));
      }
    }
    sampled_at_ = Clock::now();
    if (all_begun && !ready) {
      ready = true;
      notifier_.ready(line);
    } else {
      notifier_.status(line);
    }
  }

  DaemonStatus status() {
    DaemonStatus d;
    d.version = std::string(version());
    d.config_path = config_.path;
    d.state_path = config_.daemon.state;
    d.started_unix = started_unix_;
    d.pid = getpid();
    d.memory_resident_bytes = resident_bytes();
    d.memory_limit_bytes = config_.daemon.memory_limit;
    d.supervisor_tick_age_seconds =
        std::chrono::duration<double>(Clock::now() - Clock::time_point(Clock::duration(ticked_.load()))).count();
    for (size_t i = 0; i < runners_.size(); ++i) {
      auto s = std::make_shared<PipelineStatus>(runners_[i]->status());
      std::lock_guard lock(sample_mutex_);
      s->rows_per_second = sampled_[i].rows_per_second;
      s->bytes_per_second = sampled_[i].bytes_per_second;
      d.pipelines.push_back(std::move(s));
    }
    return d;
  }

  void log_status() {
    for (const auto& p : status().pipelines) {
      spdlog::info("{}: {}, applied {}, lag {:.1f} s, {} rows copied, {} changes applied", p->name, state_name(p->state),
                   p->position_applied, p->lag_seconds, p->snapshot_rows_resumed + p->snapshot_rows_total, p->changes_applied_total);
    }
  }

  struct Sample {
    uint64_t rows = 0, bytes = 0;
    double rows_per_second = 0, bytes_per_second = 0;
    bool begun = false;  // has been connected, or was tried
  };

  const Config& config_;
  SharedState state_;
  std::vector<std::unique_ptr<PipelineRunner>> runners_;
  std::vector<std::thread> threads_;
  ServiceNotifier notifier_;
  std::atomic<Clock::rep> ticked_{Clock::now().time_since_epoch().count()};
  std::mutex sample_mutex_;
  std::vector<Sample> sampled_;
  Clock::time_point sampled_at_{};
  const int64_t started_unix_ =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
};

}  // namespace

int run_daemon(const Config& config, const Engines& engines) {
  StopSignals signals;  // before the state file is opened: from here on SIGTERM ends in order
  set_up_allocator();
  Daemon daemon(config, engines);
  return daemon.run(signals);
}

}  // namespace tidemark
