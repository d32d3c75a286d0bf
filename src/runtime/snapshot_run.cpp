#include "runtime/snapshot_run.h"

#include <signal.h>

#include <thread>

#include "runtime/allocator.h"
#include "runtime/named_choice.h"
#include "runtime/pipeline_runner.h"
#include "runtime/signals.h"

namespace tidemark {

PipelineStatus run_snapshot(const Config& config, const Engines& engines, const SnapshotOptions& options) {
  const PipelineConfig& pipeline = choose_pipeline(config, options.pipeline, "snapshot");
  set_up_allocator();
  StopSignals signals;
  SharedState state;
  state.store = open_state(config.daemon.state);
  SessionOptions session;
  session.stop_after_copy = true;
  session.memory_limit = config.daemon.memory_limit;
  session.only_tables = options.tables;
  PipelineRunner runner(config, pipeline, engines, state, session);
  std::thread thread([&] {
    runner.run();
    signals.wake();
  });
  int signal = 0;
  while (!runner.ended()) {
    int got = signals.next(std::chrono::milliseconds(200));
    if (got == SIGTERM || got == SIGINT) {
      signal == 0 ? runner.request_stop() : runner.abort();
      signal = got;
    }
    if (options.progress) options.progress(runner.status());
  }
  thread.join();
  if (auto error = runner.error()) throw *error;
  PipelineStatus status = runner.status();
  if (options.progress) options.progress(status);
  if (signal != 0) {
    throw Error(ErrorKind::interrupted, "snapshot " + options.pipeline, signal == SIGTERM ? "stopped by SIGTERM" : "stopped by SIGINT",
                "What was copied stays; run the same command again to go on.");
  }
  return status;
}

}  // namespace tidemark
