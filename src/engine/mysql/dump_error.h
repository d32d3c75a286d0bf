// What a server says when it refuses or ends the replication stream, as our errors. Pure.
#pragma once

#include <string>

namespace tidemark::mysql {

/// Throws the Error that stands for a server's (or libmariadb's) error number and text.
[[noreturn]] void throw_server_error(unsigned number, const std::string& text);

}  // namespace tidemark::mysql
