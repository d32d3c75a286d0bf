// Fields of a PostgreSQL source in text and in binary form, and whole tuples of COPY, of any bytes. What is taken for a value is one: the
// text of that value gives it again. The input: the column (255: a tuple of all columns), the form (odd: binary), the field's bytes.
#include <string>
#include <vector>

#include "engine/postgres/row_blocks.h"
#include "engine/postgres/value_decoding.h"
#include "engine/postgres/value_text.h"
#include "must.h"
#include "tidemark/error.h"

using namespace tidemark;
using namespace tidemark::postgres;
using tidemark::fuzz::must;

namespace {

constexpr uint8_t kTuple = 255;

Column column(ValueKind kind, const char* native, uint32_t length = 0, uint8_t scale = 0) {
  Column c;
  c.family = TypeFamily::postgres;
  c.kind = kind;
  c.native_type = native;
  c.length = length;
  c.scale = scale;
  return c;
}

/// seeds.py names them by their place.
TableSchema all_columns() {
  TableSchema table;
  table.columns = {
      column(ValueKind::boolean, "boolean"),
      column(ValueKind::int64, "bigint"),
      column(ValueKind::uint64, "oid"),
      column(ValueKind::float32, "real"),
      column(ValueKind::float64, "double precision"),
      column(ValueKind::decimal, "numeric(10,2)", 10, 2),
      column(ValueKind::decimal, "numeric"),
      column(ValueKind::text, "text"),
      column(ValueKind::bytes, "bytea"),
      column(ValueKind::uuid, "uuid"),
      column(ValueKind::json, "jsonb"),
      column(ValueKind::date, "date"),
      column(ValueKind::datetime, "timestamp(6) without time zone", 0, 6),
      column(ValueKind::timestamp, "timestamp(6) with time zone", 0, 6),
      column(ValueKind::time, "time(6) without time zone", 0, 6),
      column(ValueKind::interval, "interval"),
      column(ValueKind::bits, "bit(12)", 12),
      column(ValueKind::decimal, "money", 19, 2),
      column(ValueKind::array, "integer[]"),
      column(ValueKind::other, "inet"),
  };
  return table;
}

/// Its end is watched.
std::vector<char> exactly(std::string_view bytes) { return {bytes.begin(), bytes.end()}; }

void one_field(const Column& c, bool binary, std::string_view bytes) {
  if (binary && !binary_is_exact(c)) return;
  const std::vector<char> field = exactly(bytes);
  const FieldDecoder decoder(c);
  Arena arena;
  Value value, again;
  const std::string_view view(field.data(), field.size());
  if (!(binary ? decoder.binary(view, value, arena) : decoder.text(view, value, arena))) return;
  must(value.kind() == c.kind, "the value is of the column's kind");
  // what PostgreSQL prints for it; our own text of a boolean is for its input, and an odd interval in binary form has no text to compare
  if (c.kind == ValueKind::boolean) return;
  const std::string text = is_text_itself(value.kind()) ? std::string(value.bytes()) : value_text(value, c.length);
  must(decoder.text(text, again, arena), "a value's text is one of the type");
  must(value == again, "a value's text means the value");
}

void tuple(std::string_view bytes) {
  static const TableSchema table = all_columns();
  static const TupleDecoder decoder(table);
  const std::vector<char> watched = exactly(bytes);
  std::string_view left(watched.data(), watched.size());
  Arena arena;
  try {
    while (!left.empty()) {
      const size_t before = left.size();
      decoder.decode(left, arena.allocate_row(table.columns.size()), arena);
      must(left.size() < before, "a tuple has bytes");
    }
  } catch (const Error& e) {
    must(e.kind() == ErrorKind::corrupt, "bytes are corrupt or a tuple");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes = fuzz::text_of(data + 2, size - 2);
  if (data[0] == kTuple) return tuple(bytes), 0;
  static const TableSchema table = all_columns();
  one_field(table.columns[data[0] % table.columns.size()], data[1] % 2 == 1, bytes);
  return 0;
}
