// Named places where a test makes the process die or pause: TIDEMARK_FAILPOINTS="sink.before_commit=kill@3,chunk.after_read=sleep:200".
// `kill@N` is SIGKILL at the N-th hit, which is told on standard error ("failpoint NAME kills at hit N"), `sleep:MS` delays each hit,
// `trace` writes a line "failpoint NAME" to standard error at each hit. `error@N` is not offered: errors come from real servers. Costs one
// load of a static bool when unused. Any thread.
#pragma once

#include "base/failpoint_names.h"

namespace tidemark {
namespace failpoint_detail {
extern bool enabled;
void hit(std::string_view name);
void name_is_not_in_failpoint_names_h();  // not constexpr: calling it ends the compilation
}  // namespace failpoint_detail

/// A name that is checked while compiling.
class FailpointName {
 public:
  consteval FailpointName(const char* name) : name_(name) {  // implicit, so that failpoint("...") reads as it does
    if (!is_failpoint(name_)) failpoint_detail::name_is_not_in_failpoint_names_h();
  }
  constexpr std::string_view text() const { return name_; }

 private:
  std::string_view name_;
};

inline void failpoint(FailpointName name) {
  if (failpoint_detail::enabled) failpoint_detail::hit(name.text());
}

/// Reads the environment variable; called once, before the command runs. Throws Error for a name or an action that does not exist.
void load_failpoints();

}  // namespace tidemark
