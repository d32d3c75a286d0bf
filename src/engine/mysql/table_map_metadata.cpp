#include "engine/mysql/table_map_metadata.h"

namespace tidemark::mysql {

namespace {

enum class Field : uint8_t {
  signedness = 1,
  default_charset = 2,
  column_charset = 3,
  column_name = 4,
  set_labels = 5,
  enum_labels = 6,
  geometry_type = 7,
  simple_primary_key = 8,
  primary_key_with_prefix = 9,
  label_default_charset = 10,
  label_column_charset = 11,
  visibility = 12,
  vector_dimensions = 13,
};

bool labelled(ColumnType type) { return type == ColumnType::enumeration || type == ColumnType::set; }

/// Bits from the highest of each byte down; a missing one is 0.
bool bit_at(std::string_view bits, size_t i) { return i / 8 < bits.size() && (static_cast<uint8_t>(bits[i / 8]) >> (7 - i % 8) & 1) != 0; }

template <typename Takes>
size_t count_columns(const TableMap& map, Takes takes) {
  size_t n = 0;
  for (const MapColumn& column : map.columns) n += takes(column) ? 1 : 0;
  return n;
}

void read_signedness(ByteCursor& field, TableMap& map) {
  auto takes = [](const MapColumn& c) { return has_signedness(c.type); };
  if (field.left() != (count_columns(map, takes) + 7) / 8) return field.fail();
  std::string_view bits = field.rest();
  size_t i = 0;
  for (MapColumn& column : map.columns) {
    if (takes(column)) column.is_unsigned = bit_at(bits, i++);
  }
  map.has_signedness = true;
}

/// One collation for all, then exceptions: (place among the columns that it is for, collation).
template <typename Takes>
bool read_default_charset(ByteCursor& field, TableMap& map, Takes takes) {
  auto standard = static_cast<uint32_t>(field.length_encoded());
  std::vector<MapColumn*> columns;
  for (MapColumn& column : map.columns) {
    if (!takes(column)) continue;
    column.collation = standard;
    columns.push_back(&column);
  }
  while (!field.at_end()) {
    uint64_t place = field.length_encoded();
    auto collation = static_cast<uint32_t>(field.length_encoded());
    if (place >= columns.size())
      field.fail();
    else
      columns[place]->collation = collation;
  }
  return !field.failed();
}

template <typename Takes>
bool read_column_charsets(ByteCursor& field, TableMap& map, Takes takes) {
  for (MapColumn& column : map.columns) {
    if (takes(column)) column.collation = static_cast<uint32_t>(field.length_encoded());
  }
  return !field.failed() && field.at_end();
}

void read_names(ByteCursor& field, TableMap& map) {
  for (MapColumn& column : map.columns) column.name = field.bytes(field.length_encoded());
  map.has_names = !field.failed() && field.at_end();
  if (!map.has_names) field.fail();
}

void read_labels(ByteCursor& field, TableMap& map, ColumnType type) {
  for (MapColumn& column : map.columns) {
    if (column.type != type) continue;
    uint64_t count = field.length_encoded();
    if (count > kLabelsMax || count > field.left()) return field.fail();  // a label takes a byte at least
    column.labels.reserve(count);
    for (uint64_t i = 0; i < count && !field.failed(); ++i) column.labels.emplace_back(field.bytes(field.length_encoded()));
  }
  if (!field.at_end()) field.fail();
  map.has_labels = !field.failed();
}

void read_primary_key(ByteCursor& field, TableMap& map, bool prefixes) {
  map.primary_key.clear();
  while (!field.at_end()) {
    uint64_t column = field.length_encoded();
    uint64_t prefix = prefixes ? field.length_encoded() : 0;
    if (column >= map.columns.size() || prefix > UINT32_MAX || map.primary_key.size() >= map.columns.size()) return field.fail();
    map.primary_key.emplace_back(static_cast<uint16_t>(column), static_cast<uint32_t>(prefix));
  }
  map.has_primary_key = !field.failed();
}

void read_numbers(ByteCursor& field, TableMap& map, ColumnType type, uint32_t MapColumn::*member) {
  for (MapColumn& column : map.columns) {
    if (column.type == type) column.*member = static_cast<uint32_t>(field.length_encoded());
  }
  if (!field.at_end()) field.fail();
}

void read_visibility(ByteCursor& field, TableMap& map) {
  std::string_view bits = field.rest();
  if (bits.size() != (map.columns.size() + 7) / 8) return field.fail();
  for (size_t i = 0; i < map.columns.size(); ++i) map.columns[i].visible = bit_at(bits, i);
  map.has_visibility = true;
}

void read_field(Field kind, ByteCursor& field, Flavour flavour, TableMap& map) {
  auto character = [&](const MapColumn& c) { return is_character(c.type, flavour); };
  auto with_labels = [](const MapColumn& c) { return labelled(c.type); };
  bool fine = true;
  switch (kind) {
    case Field::signedness: return read_signedness(field, map);
    case Field::default_charset: fine = map.has_charsets = read_default_charset(field, map, character); break;
    case Field::column_charset: fine = map.has_charsets = read_column_charsets(field, map, character); break;
    case Field::column_name: return read_names(field, map);
    case Field::set_labels: return read_labels(field, map, ColumnType::set);
    case Field::enum_labels: return read_labels(field, map, ColumnType::enumeration);
    case Field::geometry_type: return read_numbers(field, map, ColumnType::geometry, &MapColumn::geometry_type);
    case Field::simple_primary_key: return read_primary_key(field, map, false);
    case Field::primary_key_with_prefix: return read_primary_key(field, map, true);
    case Field::label_default_charset: fine = map.has_label_charsets = read_default_charset(field, map, with_labels); break;
    case Field::label_column_charset: fine = map.has_label_charsets = read_column_charsets(field, map, with_labels); break;
    case Field::visibility: return read_visibility(field, map);
    case Field::vector_dimensions: return read_numbers(field, map, ColumnType::vector, &MapColumn::vector_dimensions);
  }
  if (!fine) field.fail();
}

}  // namespace

bool read_optional_metadata(ByteCursor& body, Flavour flavour, TableMap& map, std::string& why) {
  while (!body.at_end()) {
    uint8_t kind = body.u8();
    ByteCursor field(body.bytes(body.length_encoded()));
    if (!body.failed()) read_field(static_cast<Field>(kind), field, flavour, map);
    if (body.failed() || field.failed()) {
      why = "table map of " + map.database + "." + map.table + " has malformed metadata of type " + std::to_string(kind);
      return false;
    }
  }
  return !body.failed();
}

}  // namespace tidemark::mysql
