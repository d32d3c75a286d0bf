// Partial JSON updates (PARTIAL_UPDATE_ROWS): a list of replace, insert and remove at a path, applied onto the document before.
// Pure; any thread; total on any bytes.
// Source: MySQL sql/json_diff.cc (Json_diff::write_binary), sql/json_path.cc (the path's text).
#pragma once

#include <string>
#include <string_view>

namespace tidemark::mysql {

/// `before` is JSON text as print_json wrote it, `diffs` the value of the column in the log (after its length). Appends the text of
/// the new document to `out`. False: malformed, or a path that leads nowhere in this document; `why` says which.
bool apply_json_diffs(std::string_view before, std::string_view diffs, std::string& out, std::string& why);

}  // namespace tidemark::mysql
