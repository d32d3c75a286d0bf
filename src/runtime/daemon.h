// `tidemark run`: all pipelines of a configuration in one process, with signals, control socket and service notification.
// Called by cli on the main thread. Blocks until every pipeline has ended or a signal asks to stop.
#pragma once

#include "tidemark/config.h"
#include "tidemark/engine.h"

namespace tidemark {

/// Returns the exit code: 0 after a drain or when all stop positions are reached, else that of the first pipeline that failed.
/// Throws Error when it cannot start (state file, control socket).
/// SIGTERM and SIGINT drain; a second one drops the batch under way (safe: the sink rolls back). SIGHUP is ignored with a log line.
int run_daemon(const Config& config, const Engines& engines);

}  // namespace tidemark
