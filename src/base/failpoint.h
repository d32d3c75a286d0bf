// Named places where a test makes the process die or pause: TIDEMARK_FAILPOINTS="sink.before_commit=kill@3,chunk.after_read=sleep:200".
// `kill@N` is SIGKILL at the N-th hit, `sleep:MS` delays each hit, `error@N` is not offered: errors come from real servers.
// Costs one load of a static bool when unused. Any thread.
#pragma once

namespace tidemark {
namespace failpoint_detail {
extern bool enabled;
void hit(const char* name);
}  // namespace failpoint_detail

inline void failpoint(const char* name) {
  if (failpoint_detail::enabled) failpoint_detail::hit(name);
}

/// Reads the environment variable; called once at the start of main.
void load_failpoints();

}  // namespace tidemark
