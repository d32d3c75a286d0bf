#include "tidemark/schema.h"

#include <algorithm>

namespace tidemark {

bool TableSchema::key_provable() const {
  return has_key() && std::all_of(key.begin(), key.end(), [&](uint16_t i) { return columns[i].order_known; });
}

int TableSchema::find_column(std::string_view column) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == column) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace tidemark
