// `tidemark decode`: a binary log file as JSON lines, one object an event (and one for each event inside a compressed transaction).
// One thread. Throws Error: usage, corrupt (bad checksum, malformed event; with the offset), unsupported (encrypted file).
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

namespace tidemark::mysql {

/// "-" reads standard input. `line` gets each object without a newline.
void decode_to_json(const std::string& path_or_dash, const std::function<void(std::string_view line)>& line);
/// The same, written to `out`; returns the process's exit code, which is 0.
int decode_file(const std::string& path_or_dash, std::ostream& out);

}  // namespace tidemark::mysql

namespace tidemark {
using mysql::decode_file;
}
