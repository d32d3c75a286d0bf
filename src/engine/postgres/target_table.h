// One table at the sink, as it is: its columns with their types and codecs, and what has been prepared for it.
// Built by prepare(), owned by the sink, one thread. encode() throws Error(data) that names table and column.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/postgres/binary_encoding.h"
#include "engine/postgres/flight.h"
#include "tidemark/sink.h"

namespace tidemark::postgres {

struct TargetColumn {
  std::string name;  // at the sink
  std::string quoted;
  SinkType type;
  ColumnCodec codec;
  Unfit unfit = Unfit::by_default;
  bool in_key = false;
  bool zero_date_seen = false;
  bool replaced_seen = false;
  bool is_cast() const { return type.wire == WireType::cast; }
  /// Type of a parameter for it, and what a parameter or an item of one becomes: the server casts texts.
  std::string parameter_type() const { return is_cast() ? "text" : type.cast; }
  Oid parameter_oid() const { return is_cast() ? 25 : type.oid; }
  std::string typed(const std::string& expression) const { return is_cast() ? expression + "::" + type.cast : expression; }
  /// What is read of it: a text, as its type's output function prints it, or the column itself. `place` is quoted, e.g. t."a".
  std::string read_from(const std::string& place) const;
};

struct TargetTable {
  SchemaRef schema;
  std::string name;                   // "shop.orders", for messages
  std::string quoted;                 // "\"shop\".\"orders\""
  std::string doing;                  // "writing to shop.orders"
  std::vector<TargetColumn> columns;  // one for each of schema->columns, in that order
  bool overriding = false;            // an identity column that is GENERATED ALWAYS
  bool nestable = true;               // false: a column is an array, which unnest() would take apart
  bool is_partitioned = false;
  bool has_casts = false;  // a column is written as text that the server casts

  std::string stage;           // quoted name of the temporary table for bulk upserts
  uint64_t stage_session = 0;  // the session that has it
  bool stage_filled = false;   // in this transaction

  Statement upsert, upsert_single, empty, remove;
  std::map<std::string, Statement> shaped;  // patches and whole-row matches, by what they carry

  /// Appends a field; throws when the sink cannot hold the value.
  void encode(size_t column, const Value& value, ByteBuffer& out) {
    Encoded result = encode_field(columns[column].codec, value, out);
    if (result != Encoded::ok) settle(column, value, result, out);
  }
  /// "a", "b": all columns, or the key's.
  std::string column_list() const;
  /// The same as they are read.
  std::string read_list(const std::string& alias = {}) const;
  std::string key_list() const;

 private:
  /// Whatever is not plainly written: warns, writes what the user wants instead, or throws.
  void settle(size_t column, const Value& value, Encoded result, ByteBuffer& out);
  void note(size_t column, Encoded result);
};

}  // namespace tidemark::postgres
