#include "engine/postgres/tuple_rows.h"

#include <fmt/format.h>

#include "tidemark/error.h"

namespace tidemark::postgres {

Value* TupleRows::row_of(const Tuple& tuple, bool only_identity) const {
  const TableSchema& schema = *table_.schema;
  if (tuple.size() != relation_.fields.size()) {
    throw Error(ErrorKind::corrupt, "reading the log of table " + printable(schema.name.text()),
                fmt::format("a row has {} columns, its table {}", tuple.size(), relation_.fields.size()));
  }
  Value* row = arena_.allocate_row(schema.columns.size());
  for (size_t i = 0; i < tuple.size(); ++i) {
    const Relation::Field& field = relation_.fields[i];
    if (field.column < 0 || (only_identity && !field.in_identity)) continue;
    const auto column = static_cast<size_t>(field.column);
    row[column] = value_of(column, tuple[i]);
  }
  return row;
}

Value TupleRows::value_of(size_t column, const TupleField& field) const {
  if (field.form == TupleField::Form::null) return Value::null();
  if (field.form == TupleField::Form::unchanged) return Value::absent();
  const std::string_view bytes(kept_ + (field.bytes.data() - message_), field.bytes.size());
  const FieldDecoder& decoder = table_.decoders[column];
  Value value;
  if (field.form == TupleField::Form::text ? decoder.text(bytes, value, arena_) : decoder.binary(bytes, value, arena_)) return value;
  throw malformed_field(table_.schema->name, table_.schema->columns[column]);
}

Value* TupleRows::key(const Value* row) const {
  Value* key = arena_.allocate_row(table_.schema->columns.size());
  for (uint16_t i : table_.schema->key) key[i] = row[i];
  return key;
}

}  // namespace tidemark::postgres
