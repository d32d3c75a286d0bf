// A TABLE_MAP of any bytes with its metadata. The first byte of the input is the server (even: MySQL), the rest the event's body.
// It is refused with a reason, or understood: then no count exceeds what the bytes can hold, its head alone says the same, and a decoder
// can be made for it, or is refused with an Error that says so.
#include "engine/mysql/row_decoder.h"
#include "engine/mysql/table_map.h"
#include "must.h"

using namespace tidemark;
using namespace tidemark::mysql;
using tidemark::fuzz::must;

namespace {

void check_map(const TableMap& map, std::string_view body) {
  size_t labels = 0;
  for (const MapColumn& column : map.columns) labels += column.labels.size();
  must(map.columns.size() <= kColumnsMax && map.columns.size() <= body.size(), "there are no more columns than bytes");
  must(labels <= body.size() && map.primary_key.size() <= body.size(), "there are no more labels and key columns than bytes");
  must(map.raw == body, "the map keeps its bytes");
  TableMapHead head;
  must(parse_table_map_head(ByteCursor(body), head), "the head of a whole map is whole");
  must(head.table_id == map.table_id && head.database == map.database && head.table == map.table, "the head says what the map says");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const ServerKind server = data[0] % 2 == 0 ? ServerKind{Flavour::mysql, 90704} : ServerKind{Flavour::mariadb, 101119};
  const std::string_view body = fuzz::text_of(data + 1, size - 1);
  TableMap map;
  std::string why;
  if (!parse_table_map(ByteCursor(body), server.flavour, map, why)) {
    must(!why.empty(), "a refusal has a reason");
    return 0;
  }
  check_map(map, body);
  try {
    const SchemaRef schema = schema_from_table_map(map, server.flavour);
    size_t labels = 0;
    for (const Column& column : schema->columns) labels += column.labels.size();
    must(labels <= body.size(), "a schema has no more labels than bytes");
    RowDecoder(map, schema, server);
  } catch (const Error& error) {
    must(error.kind() == ErrorKind::unsupported || error.kind() == ErrorKind::schema_changed, "a map is unsupported or disagrees");
    must(!error.cause().empty(), "an error has a cause");
  }
  return 0;
}
