// One table at the sink, as it is: its columns with their codecs, and what statements on it must heed.
// Built by prepare(), owned by the sink, one thread. What appends a value throws Error(data) that names table and column.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/mysql/value_encoding.h"
#include "tidemark/schema.h"

namespace tidemark::mysql {

struct SinkTarget {
  SchemaRef schema;
  TableName place;                   // at the sink, as the server stores it
  std::string name;                  // "shop.orders", for messages
  std::string quoted;                // "`shop`.`orders`"
  std::string doing;                 // "writing to shop.orders"
  std::vector<ColumnCodec> codecs;   // one for each of schema->columns, in that order
  std::vector<std::string> columns;  // their quoted names
  bool only_unique_key = true;       // no unique index besides the key: then an INSERT may update what it meets

  /// What a value became on the way into a statement.
  enum class Wrote { value, label_zero, by_literal };
  Wrote append_value(size_t column, const Value& value, std::string& out);
  /// by_literal: nothing was written, append_value() can.
  Wrote append_field(size_t column, const Value& value, std::string& out);
  Wrote append_bound(size_t column, const Value& value, std::string& out);
  /// "`k`=1 AND `l`='a'": the row with this key.
  void append_key_match(const Value* row, std::string& out);
  /// The same for many keys.
  void append_keys_match(const std::vector<const Value*>& rows, size_t from, size_t to, std::string& out);
  /// Keys behind this one in the order of order_list().
  void append_after(const Value* row, std::string& out);
  /// NULL-safe equality of what is stored, byte by byte.
  void append_whole_match(size_t column, const Value& value, std::string& out);

  std::string column_list() const;
  std::string key_list() const;
  /// For ORDER BY: the key, with expressions where comparisons with a value are not in the order of the column itself.
  std::string order_list() const;

 private:
  bool is_label(size_t column) const;
  void append_ordered(size_t column, const Value& value, std::string_view comparison, std::string& out);
  void append_comparable(size_t column, const Value& value, std::string& out);
  Wrote wrote(size_t column, Encoded result);
  void note(size_t column, Encoded result);
  std::vector<bool> noted_;  // by column: said already that its values change
};

}  // namespace tidemark::mysql
