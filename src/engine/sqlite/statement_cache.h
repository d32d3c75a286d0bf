// Prepared statements by table and use, the least recently used finalized first: 2,000 tables of 300 columns must not hold 10,000
// statements. One thread.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>

#include "engine/sqlite/connection.h"

namespace tidemark::sqlite {

enum class Use : uint8_t { insert, insert_many, upsert, empty, remove, update, match_delete, match_update, match_insert };

class StatementCache {
 public:
  explicit StatementCache(size_t capacity = 256) : capacity_(capacity) {}

  /// The statement for this table and use; `columns` tells statements apart that carry different columns. `make_sql()` is called when it
  /// must be prepared. The reference is good until the next call of get().
  template <typename MakeSql>
  Statement& get(Connection& connection, uint32_t table, Use use, const std::string& columns, MakeSql make_sql) {
    key_.assign(reinterpret_cast<const char*>(&table), sizeof table);
    key_.push_back(static_cast<char>(use));
    key_ += columns;
    auto found = by_key_.find(key_);
    if (found != by_key_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return found->second->statement;
    }
    if (recent_.size() >= capacity_) {
      by_key_.erase(recent_.back().key);
      recent_.pop_back();
    }
    recent_.push_front({key_, connection.prepare(make_sql(), true)});
    by_key_[key_] = recent_.begin();
    return recent_.front().statement;
  }
  void clear() {
    by_key_.clear();
    recent_.clear();
  }
  size_t size() const { return recent_.size(); }

 private:
  struct Entry {
    std::string key;
    Statement statement;
  };
  size_t capacity_;
  std::list<Entry> recent_;
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
  std::string key_;
};

}  // namespace tidemark::sqlite
