// How MySQL writes the scalars of JSON text. Pure; any thread.
// Source: MySQL sql-common/json_dom.cc (double_quote, wrapper_to_string), strings/dtoa.cc (my_gcvt).
#pragma once

#include <string>
#include <string_view>

namespace tidemark::mysql {

/// Appends `text` (UTF-8) in double quotes, escaped as the server does.
void append_json_string(std::string_view text, std::string& out);
/// Appends a double as the server prints it within JSON: the shortest digits that read back, "1.0", "1e20", "-0.0".
void append_json_double(double value, std::string& out);
/// Lines of 76 digits with an escaped line feed between them, as the server does within JSON.
void append_base64(std::string_view bytes, std::string& out);

}  // namespace tidemark::mysql
