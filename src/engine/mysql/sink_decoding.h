// Rows of the sink as Values of the source's kinds, for verify: equal to represent() of the source's row, byte by byte.
// The result must come by the binary protocol (ResultStream): FLOAT is exact only there, and text must arrive as utf8mb4
// (character_set_results). Immutable once made; any thread.
#pragma once

#include <mysql.h>

#include <string_view>
#include <vector>

#include "engine/mysql/value_encoding.h"
#include "tidemark/arena.h"
#include "tidemark/schema.h"

namespace tidemark::mysql {

class SinkRowDecoder {
 public:
  /// Field i of the result is source column columns[i], stored by codecs[columns[i]]. The codecs must live as long as this does.
  SinkRowDecoder(const std::vector<ColumnCodec>& codecs, const std::vector<uint16_t>& columns, const MYSQL_FIELD* fields);
  /// `packet` is one row of a ResultStream. Writes row[columns[i]]; bytes are copied into `arena`. A stored value that tidemark cannot
  /// have written comes as kind `other`, so that it equals nothing. Throws Error(corrupt) when the packet does not have the columns' form.
  void decode(std::string_view packet, Value* row, Arena& arena) const;

 private:
  struct Step {
    const ColumnCodec* codec;
    uint16_t column;
    uint8_t type;  // ColumnType of the field
    bool is_unsigned;
  };
  std::vector<Step> steps_;
  size_t null_bytes_;
};

}  // namespace tidemark::mysql
