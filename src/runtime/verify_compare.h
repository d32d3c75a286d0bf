// Compares source rows with the sink's rows of the same keys, in one read transaction of the sink that has reached the source's reading.
// Used by verify's one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/verify_sides.h"
#include "tidemark/arena.h"

namespace tidemark {

enum class Difference : uint8_t { missing, extra, different };

struct Finding {
  KeyBytes key;  // of the source's schema
  Difference kind = Difference::missing;
  std::vector<uint16_t> columns;  // different: indexes of the columns
  uint64_t source_hash = 0;       // of the whole source row; 0: the source has no such row
  bool proved = false;            // both sides stood at exactly the same position: reading again cannot make it equal
};

/// A source row as the sink holds it (Sink::represent); bytes live in `arena` or with the source row.
Value* represented(Sink& sink, uint32_t table, const TableSchema& schema, Row row, Arena& arena);

/// The byte form under which the sink holds a key of the source.
KeyBytes key_at_sink(Sink& sink, uint32_t table, const TableSchema& schema, const KeyBytes& key);

/// The keys among `keys` that differ. `source` holds the rows of `keys` that the source has (and perhaps others, which are left out).
std::vector<Finding> compare_rows(SinkSide& sink, uint32_t table, const TableSchema& schema, const std::vector<KeyBytes>& keys,
                                  const SourceRows& source);

/// The same with the rows of both sides at hand. `proved`: they are of one position.
std::vector<Finding> compare_rows(Sink& sink, uint32_t table, const TableSchema& schema, const std::vector<KeyBytes>& keys,
                                  const std::vector<Row>& source, const std::vector<Row>& held, bool proved);

/// A key for people: "17" or "(17, 'a')"; long values are cut.
std::string key_text(const TableSchema& schema, const KeyBytes& key);

}  // namespace tidemark
