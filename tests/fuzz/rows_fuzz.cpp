// A rows event of any bytes over a fixed set of tables: those of the captured table maps, in their order, then some for what they lack.
// The input: the table's number, the event's type, and the event's body without its checksum. The event is decoded, and then counting its
// rows agrees; or it is refused with a reason, and nothing was added to the batch. Every value is whole: its bytes can be read.
#include <array>
#include <memory>
#include <vector>

#include "engine/mysql/event_header.h"
#include "engine/mysql/rows_event.h"
#include "must.h"
#include "unit/mysql/golden_events.h"
#include "unit/mysql/row_text.h"

using namespace tidemark;
using namespace tidemark::mysql;
using tidemark::fuzz::must;

namespace {

constexpr uint32_t kLatin1 = 8, kSjis = 13, kGbk = 28, kUtf8mb4 = 45, kBinary = 63;

struct Table {
  Table(const TableMap& map, const ServerKind& server)
      : decoder(map, schema_from_table_map(map, server.flavour), server), skipper(RowDecoder::skipper(map, server)) {}
  RowDecoder decoder, skipper;
};

MapColumn column(ColumnType type, uint16_t meta = 0, uint32_t collation = 0) {
  MapColumn c;
  c.type = type;
  c.meta = meta;
  c.collation = collation;
  c.is_unsigned = collation == 0 && type == ColumnType::int24;
  return c;
}

MapColumn labelled(ColumnType type, uint16_t meta, std::vector<std::string> labels) {
  MapColumn c = column(type, meta, kUtf8mb4);
  c.labels = std::move(labels);
  return c;
}

TableMap table_of(std::vector<MapColumn> columns) {
  TableMap map;
  map.database = "shop";
  map.table = "t";
  map.columns = std::move(columns);
  map.has_signedness = map.has_charsets = map.has_label_charsets = map.has_labels = true;
  return map;
}

void add_captured(std::vector<std::unique_ptr<Table>>& tables, const char* file, const ServerKind& server) {
  for (const std::string& event : read_golden(file)) {
    if (static_cast<uint8_t>(event[4]) != 19) continue;
    TableMap map;
    std::string why;
    const std::string_view body = std::string_view(event).substr(kEventHeaderBytes, event.size() - kEventHeaderBytes - kChecksumBytes);
    must(parse_table_map(ByteCursor(body), server.flavour, map, why), "a captured table map is understood");
    tables.push_back(std::make_unique<Table>(map, server));
  }
}

std::vector<std::unique_ptr<Table>> make_tables() {
  using T = ColumnType;
  std::vector<std::unique_ptr<Table>> tables;
  add_captured(tables, "mysql-9.7.events", kMysql97);
  add_captured(tables, "mariadb-10.11.events", kMariadb1011);
  const std::vector<MapColumn> numbers = {column(T::tiny),
                                          column(T::int24),
                                          column(T::float32, 4),
                                          column(T::bit, 64),
                                          column(T::decimal, 65 << 8 | 30),
                                          column(T::decimal, 9 << 8),
                                          column(T::bit, 1)};
  const std::vector<MapColumn> times = {column(T::date),          column(T::time),          column(T::datetime), column(T::timestamp),
                                        column(T::time2, 0),      column(T::time2, 3),      column(T::time2, 6), column(T::datetime2, 5),
                                        column(T::timestamp2, 1), column(T::timestamp2, 6), column(T::year)};
  const std::vector<MapColumn> texts = {column(T::varchar, 40, kLatin1),     column(T::string, 60, kGbk),
                                        column(T::blob, 2, kSjis),           column(T::blob, 4, kUtf8mb4),
                                        column(T::string, 8, kBinary),       labelled(T::enumeration, 1, {"a", "b"}),
                                        labelled(T::set, 1, {"x", "y", "z"})};
  const std::vector<MapColumn> documents = {column(T::long_int), column(T::json, 4), column(T::varchar, 40, kUtf8mb4), column(T::json, 4)};
  const std::vector<MapColumn> packed = {column(T::long_int), column(T::mariadb_varchar_compressed, 400, kUtf8mb4),
                                         column(T::mariadb_blob_compressed, 2, kBinary), column(T::mariadb_blob_compressed, 3, kLatin1)};
  for (const auto& columns : {numbers, times, texts, documents}) tables.push_back(std::make_unique<Table>(table_of(columns), kMysql97));
  for (const auto& columns : {times, packed}) tables.push_back(std::make_unique<Table>(table_of(columns), kMariadb1011));
  return tables;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<std::unique_ptr<Table>> tables = make_tables();
  if (size < 2) return 0;
  Table& table = *tables[data[0] % tables.size()];
  const uint8_t type = data[1];
  if (!is_rows_event(type)) return 0;
  const ByteCursor body(fuzz::text_of(data + 2, size - 2));
  RowsHead head;
  if (!parse_rows_head(body, head)) return 0;
  LogBatch batch;
  if (!decode_rows(type, body, table.decoder, 0, batch)) {
    must(batch.changes.empty(), "a refused event adds nothing");
    must(!table.decoder.error().empty(), "a refusal has a reason");
    return 0;
  }
  must(count_rows(type, body, table.skipper) == batch.changes.size(), "rows are counted as they are decoded");
  const size_t columns = table.decoder.schema()->columns.size();
  for (const Change& change : batch.changes) must(!change_text(change, columns).empty(), "a change has a text");
  return 0;
}
