// What decoded values point to, once the decoder that made them is gone.
#include <memory>

#include "engine/mysql/row_decoder.h"
#include "engine/mysql/table_map.h"
#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::mysql;

namespace {

/// One column ENUM(labels); a byte holds its index.
TableMap enum_table(std::vector<std::string> labels) {
  TableMap map;
  map.database = "d";
  map.table = "t";
  map.has_labels = true;
  MapColumn column;
  column.type = ColumnType::enumeration;
  column.meta = 1;
  column.labels = std::move(labels);
  map.columns.push_back(std::move(column));
  return map;
}

}  // namespace

TEST_CASE("values outlive the decoder: the next file of the log forgets all tables, in the midst of a batch") {
  constexpr ServerKind kServer{Flavour::mysql, 90700};
  const TableMap map = enum_table({"first", "second"}), other = enum_table({"third", "fourth"});
  Arena arena;
  Value* row = arena.allocate_row(1);
  {
    RowDecoder decoder(map, schema_from_table_map(map, Flavour::mysql), kServer);
    const std::string all(1, '\1'), image("\0\2", 2);  // no NULL, then the index
    const char* at = image.data();
    REQUIRE(decoder.decode(at, image.data() + image.size(), decoder.columns_of(all), nullptr, nullptr, row, arena));
    REQUIRE(row[0].bytes() == "second");
  }
  const RowDecoder next(other, schema_from_table_map(other, Flavour::mysql), kServer);  // likely where the first one was
  CHECK(row[0].bytes() == "second");
}
