#include "engine/postgres/target_table.h"

#include <fmt/format.h>

#include "base/log.h"
#include "engine/postgres/unfit.h"
#include "tidemark/error.h"

namespace tidemark::postgres {

std::string TargetTable::column_list() const {
  std::string list;
  for (const TargetColumn& column : columns) list += (list.empty() ? "" : ",") + column.quoted;
  return list;
}

std::string TargetColumn::read_from(const std::string& place) const {
  // not ::text, which prints an inet otherwise than its output function does; not IS NULL, which a composite of NULLs is
  return is_cast() ? fmt::format("CASE WHEN pg_catalog.num_nulls({0}) = 0 THEN pg_catalog.format('%s', {0}) END", place) : place;
}

std::string TargetTable::read_list(const std::string& alias) const {
  std::string list;
  for (const TargetColumn& column : columns) list += (list.empty() ? "" : ",") + column.read_from(alias + column.quoted);
  return list;
}

std::string TargetTable::key_list() const {
  std::string list;
  for (uint16_t i : schema->key) list += (list.empty() ? "" : ",") + columns[i].quoted;
  return list;
}

void TargetTable::settle(size_t index, const Value& value, Encoded result, ByteBuffer& out) {
  TargetColumn& column = columns[index];
  if (!is_fault(result) || column.unfit == Unfit::by_default || column.unfit == Unfit::error) return note(index, result);
  Arena arena;
  const std::optional<Value> other = instead_of(value, result, column.unfit, column.codec, arena);
  if (!other) return note(index, result);
  const Encoded again = encode_field(column.codec, *other, out);
  if (again != Encoded::ok) return note(index, is_fault(again) ? result : again);
  if (!column.replaced_seen) {
    spdlog::warn("{}.{}: values that {} cannot hold become {}", printable(name), printable(column.name), column.type.sql,
                 column.unfit == Unfit::null ? "NULL (unfit: null)" : "the nearest that it holds (unfit: clamp)");
  }
  column.replaced_seen = true;
}

void TargetTable::note(size_t index, Encoded result) {
  TargetColumn& column = columns[index];
  const std::string what = fmt::format("writing {}.{}", name, printable(column.name));
  switch (result) {
    case Encoded::ok: return;
    case Encoded::zero_date_as_null:
      if (!column.zero_date_seen)
        spdlog::warn("{}.{}: zero or partial dates become NULL (zero_date: null)", printable(name), printable(column.name));
      column.zero_date_seen = true;
      return;
    case Encoded::zero_date:
      throw Error(ErrorKind::data, what, "a zero or partial date, which PostgreSQL does not have",
                  column.in_key ? "the column is part of the key, so it cannot become NULL; correct the row at the source"
                                : "set zero_date: null on the sink, or correct the row at the source");
    case Encoded::nul_character:
      throw Error(ErrorKind::data, what, "text with the character U+0000, which PostgreSQL cannot hold",
                  "set nul_character: strip on the sink, or correct the row at the source");
    case Encoded::nul_escape:
      throw Error(ErrorKind::data, what, "JSON with the escape \\u0000, which jsonb cannot hold",
                  fmt::format("set nul_character: strip on the sink, or: ALTER TABLE {} ALTER COLUMN {} TYPE json", quoted, column.quoted));
    case Encoded::invalid_utf8:
      throw Error(ErrorKind::data, what, "text that is not valid UTF-8",
                  "correct the row at the source, or give the column a binary type there");
    case Encoded::out_of_range:
      throw Error(
          ErrorKind::data, what, fmt::format("a value out of range for {}", column.type.sql),
          fmt::format(
              "widen the column: ALTER TABLE {} ALTER COLUMN {} TYPE ...; or say under columns: of the pipeline what becomes of such "
              "values, unfit: null or clamp",
              quoted, column.quoted));
    case Encoded::malformed:
    case Encoded::absent:
    case Encoded::wrong_kind: break;
  }
  throw Error(ErrorKind::internal, what,
              result == Encoded::absent ? "the row lacks this column" : fmt::format("a value of a wrong form for {}", column.type.sql));
}

}  // namespace tidemark::postgres
