// MySQL's binary JSON (a JSON column of the log) printed exactly as the server prints it. Pure; any thread. Total on any bytes:
// depth is limited to 100 as on the server, every offset is checked. MariaDB has no binary JSON: its JSON is LONGTEXT.
// Source: MySQL sql-common/json_binary.h (the format), sql-common/json_dom.cc (wrapper_to_string).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark::mysql {

inline constexpr int kJsonDepthMax = 100;

/// Appends the text of `binary` to `out`. False: malformed; `out` then has unspecified text after its old end.
/// An empty `binary` is the JSON null literal, as on the server.
bool print_json(std::string_view binary, std::string& out);

}  // namespace tidemark::mysql
