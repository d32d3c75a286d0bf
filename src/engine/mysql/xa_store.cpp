#include "engine/mysql/xa_store.h"

namespace tidemark::mysql {

bool XaStore::take(const std::string& xid, PreparedXa& out) {
  auto found = prepared_.find(xid);
  if (found == prepared_.end()) return false;
  out = std::move(found->second);
  prepared_.erase(found);
  return true;
}

const PreparedXa* XaStore::earliest() const {
  const PreparedXa* first = nullptr;
  for (const auto& [xid, prepared] : prepared_) {
    if (!first || prepared.begin < first->begin) first = &prepared;
  }
  return first;
}

}  // namespace tidemark::mysql
