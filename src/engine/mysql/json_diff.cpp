#include "engine/mysql/json_diff.h"

#include "base/byte_cursor.h"
namespace tidemark::mysql {
bool apply_json_diffs(std::string_view, std::string_view, std::string&, std::string& why) {
  why = "x";
  return false;
}
}  // namespace tidemark::mysql
