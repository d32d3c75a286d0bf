#include "pipeline/row_images.h"

#include <string>

#include "pipeline/row_ops.h"
#include "tidemark/error.h"
#include "tidemark/key.h"

namespace tidemark {

namespace {

constexpr const char* kFullImage =
    "Run SET GLOBAL binlog_row_image = 'FULL' at the source, reconnect its clients, and copy the table again.";

[[noreturn]] void lacks_columns(const TableSchema& schema, const char* what) {
  throw Error(ErrorKind::unsupported, "reading a change of " + printable(schema.name.text()), std::string("the row image lacks ") + what,
              kFullImage);
}

/// An INSERT under MINIMAL or NOBLOB leaves out what took its constant default.
Row with_defaults(const TableSchema& schema, Row after, Arena& arena) {
  Value* row = arena.allocate_row(schema.columns.size());
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    const Column& column = schema.columns[i];
    row[i] = after[i];
    if (!row[i].is_absent()) continue;
    if (column.default_value.empty()) {
      throw Error(ErrorKind::unsupported, "reading a change of " + printable(schema.name.text()),
                  "the image of an inserted row lacks column " + printable(column.name) + ", whose default is not known", kFullImage);
    }
    const Value value = decode_key(column.default_value, arena).front();
    switch (value.kind()) {
      case ValueKind::time: row[i] = Value::time(value.int64(), column.scale); break;
      case ValueKind::datetime: row[i] = Value::datetime(value.civil(), column.scale); break;
      case ValueKind::timestamp: row[i] = Value::timestamp(value.civil(), column.scale); break;
      default: row[i] = value;
    }
  }
  return row;
}

}  // namespace

Change completed_images(const TableSchema& schema, const Change& change, Arena& arena) {
  Change full = change;
  if (change.before != nullptr && schema.has_key() && key_absent(schema, change.before)) lacks_columns(schema, "key columns");
  if (change.before != nullptr && !schema.has_key() && has_absent(schema, change.before))
    lacks_columns(schema, "columns of a table without key");
  if (change.op == Op::update && has_absent(schema, change.after)) {
    if (!has_absent(schema, change.before)) {
      full.after = complete_row(schema, change.before, change.after, arena);
    } else {
      Value* row = arena.allocate_row(schema.columns.size());
      for (size_t i = 0; i < schema.columns.size(); ++i) row[i] = change.after[i];
      for (uint16_t i : schema.key) {
        if (row[i].is_absent()) row[i] = change.before[i];
      }
      full.after = row;
    }
  }
  if (change.op == Op::insert && has_absent(schema, change.after)) full.after = with_defaults(schema, change.after, arena);
  return full;
}

bool moves_partial_row(const TableSchema& schema, const Change& completed) {
  return completed.op == Op::update && schema.has_key() && !same_key(schema, completed.before, completed.after) &&
         has_absent(schema, completed.after);
}

}  // namespace tidemark
