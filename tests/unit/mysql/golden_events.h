// Events that real servers wrote (golden/*.events: one a line, in hex, with header and checksum), and running the decoders over them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/mysql/row_steps.h"

namespace tidemark::mysql {

std::vector<std::string> read_golden(const std::string& file);
/// Runs every event through the decoders; one line of text a change or failure. `adjust` may change the schema made from a table map.
std::vector<std::string> decode_events(const std::vector<std::string>& events, const ServerKind& server,
                                       const std::function<void(TableSchema&)>& adjust = {});

inline constexpr ServerKind kMysql97{Flavour::mysql, 90704};
inline constexpr ServerKind kMariadb1011{Flavour::mariadb, 101119};

}  // namespace tidemark::mysql
