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
  bool in_key = false;
  bool zero_date_seen = false;
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

  std::string stage;           // quoted name of the temporary table for bulk upserts
  uint64_t stage_session = 0;  // the session that has it
  bool stage_filled = false;   // in this transaction

  Statement upsert, upsert_single, empty, remove;
  std::map<std::string, Statement> shaped;  // patches and whole-row matches, by what they carry

  /// Appends a field; throws when the sink cannot hold the value.
  void encode(size_t column, const Value& value, ByteBuffer& out) {
    Encoded result = encode_field(columns[column].codec, value, out);
    if (result != Encoded::ok) note(column, result);
  }
  /// "a", "b": all columns, or the key's.
  std::string column_list() const;
  std::string key_list() const;

 private:
  void note(size_t column, Encoded result);
};

}  // namespace tidemark::postgres
