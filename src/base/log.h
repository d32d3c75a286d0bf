// The process's log on stderr, through spdlog. Under systemd (JOURNAL_STREAM set) lines carry <priority> prefixes and no time.
// Never log row values or passwords. Any thread.
#pragma once

#include <spdlog/spdlog.h>

#include <string>

namespace tidemark {

/// level: error | warn | info | debug; format: auto | text | json. Called once by main; before that, warnings and errors are printed.
void set_up_log(const std::string& level, const std::string& format);

}  // namespace tidemark
