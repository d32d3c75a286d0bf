#include "engine/mysql/sink_target.h"

#include <fmt/format.h>

#include "base/log.h"
#include "tidemark/error.h"

namespace tidemark::mysql {

SinkTarget::Wrote SinkTarget::wrote(size_t column, Encoded result) {
  if (result == Encoded::label_zero) return Wrote::label_zero;
  if (result == Encoded::by_literal) return Wrote::by_literal;
  if (result != Encoded::ok) note(column, result);
  return Wrote::value;
}

SinkTarget::Wrote SinkTarget::append_value(size_t column, const Value& value, std::string& out) {
  return wrote(column, append_literal(codecs[column], value, out));
}

SinkTarget::Wrote SinkTarget::append_field(size_t column, const Value& value, std::string& out) {
  return wrote(column, append_load_field(codecs[column], value, out));
}

SinkTarget::Wrote SinkTarget::append_bound(size_t column, const Value& value, std::string& out) {
  return wrote(column, append_parameter(codecs[column], value, out));
}

/// A literal that the column's own comparison takes as the stored value: numbers never as text, which would be compared as a double.
void SinkTarget::append_comparable(size_t column, const Value& value, std::string& out) {
  switch (value.kind()) {
    case ValueKind::float32: fmt::format_to(std::back_inserter(out), "{:.17g}", static_cast<double>(value.float32())); return;
    case ValueKind::decimal:
      if (codecs[column].target.type == TargetType::decimal) {
        out += value.bytes();
        return;
      }
      break;
    case ValueKind::bits:
      if (codecs[column].target.type == TargetType::bits && value.bytes().size() <= 8) {
        uint64_t number = 0;
        for (const char c : value.bytes()) number = number << 8 | static_cast<unsigned char>(c);
        fmt::format_to(std::back_inserter(out), "{}", number);
        return;
      }
      break;
    default: break;
  }
  append_value(column, value, out);
}

void SinkTarget::append_key_match(const Value* row, std::string& out) {
  for (size_t i = 0; i < schema->key.size(); ++i) {
    const uint16_t column = schema->key[i];
    if (i > 0) out += " AND ";
    out += columns[column];
    out += '=';
    append_comparable(column, row[column], out);
  }
}

void SinkTarget::append_keys_match(const std::vector<const Value*>& rows, size_t from, size_t to, std::string& out) {
  const bool single = schema->key.size() == 1;
  if (single) {
    out += columns[schema->key[0]];
    out += " IN (";
  }
  for (size_t r = from; r < to; ++r) {
    if (single) {
      if (r > from) out += ',';
      append_comparable(schema->key[0], rows[r][schema->key[0]], out);
    } else {
      out += r > from ? " OR (" : "(";
      append_key_match(rows[r], out);
      out += ')';
    }
  }
  if (single) out += ')';
}

/// ENUM and SET are ordered by number, and compared as texts.
bool SinkTarget::is_label(size_t column) const {
  const TargetType type = codecs[column].target.type;
  return type == TargetType::label || type == TargetType::label_set;
}

void SinkTarget::append_ordered(size_t column, const Value& value, std::string_view comparison, std::string& out) {
  const bool label = is_label(column);
  out +=
      label ? fmt::format("HEX(CONVERT({} USING utf8mb4)){}HEX(", columns[column], comparison) : columns[column] + std::string(comparison);
  append_comparable(column, value, out);
  if (label) out += ')';
}

/// a > x OR (a = x AND (b > y ...)): neither server makes index ranges of (a, b) > (x, y).
void SinkTarget::append_after(const Value* row, std::string& out) {
  for (size_t i = 0; i < schema->key.size(); ++i) {
    const uint16_t column = schema->key[i];
    const bool last = i + 1 == schema->key.size();
    if (!last) out += '(';
    append_ordered(column, row[column], ">", out);
    if (last) break;
    out += " OR (";
    append_ordered(column, row[column], "=", out);
    out += " AND ";
  }
  for (size_t i = 1; i < schema->key.size(); ++i) out += "))";
}

std::string SinkTarget::order_list() const {
  std::string list;
  for (const uint16_t i : schema->key) {
    list += list.empty() ? "" : ",";
    list += is_label(i) ? fmt::format("HEX(CONVERT({} USING utf8mb4))", columns[i]) : columns[i];
  }
  return list;
}

void SinkTarget::append_whole_match(size_t column, const Value& value, std::string& out) {
  const std::string& quoted_column = columns[column];
  if (value.is_null()) {
    out += quoted_column + " IS NULL";
    return;
  }
  std::string literal;
  append_comparable(column, value, literal);
  switch (codecs[column].target.type) {
    // what a collation takes for equal is not; nor is what ends in spaces. The plain comparison is there for an index.
    case TargetType::text: out += fmt::format("{0}={1} AND HEX(CONVERT({0} USING utf8mb4))=HEX({1})", quoted_column, literal); return;
    case TargetType::checked_json: out += fmt::format("HEX(CONVERT({0} USING utf8mb4))=HEX({1})", quoted_column, literal); return;
    case TargetType::json:
      out += fmt::format("CAST({0} AS CHAR)=CAST(CAST({1} AS JSON) AS CHAR) COLLATE utf8mb4_bin", quoted_column, literal);
      return;
    case TargetType::geometry:
    case TargetType::vector: out += fmt::format("HEX({0})=HEX({1})", quoted_column, literal); return;
    default: out += quoted_column + "<=>" + literal;
  }
}

std::string SinkTarget::column_list() const {
  std::string list;
  for (const std::string& column : columns) list += (list.empty() ? "" : ",") + column;
  return list;
}

std::string SinkTarget::key_list() const {
  std::string list;
  for (const uint16_t i : schema->key) list += (list.empty() ? "" : ",") + columns[i];
  return list;
}

void SinkTarget::note(size_t column, Encoded result) {
  const std::string column_name = printable(schema->columns[column].name);
  if (!is_fault(result)) {
    noted_.resize(codecs.size());
    if (!noted_[column]) spdlog::warn("{}.{}: values that do not fit are changed, as the configuration says", name, column_name);
    noted_[column] = true;
    return;
  }
  const std::string what = fmt::format("writing {}.{}", name, column_name);
  const ColumnCodec& codec = codecs[column];
  const std::string cause(fault_text(result));
  const std::string& type = codec.target.column.native_type;
  if (result == Encoded::absent || result == Encoded::wrong_kind || result == Encoded::malformed) {
    throw Error(ErrorKind::internal, what, fmt::format("{} (column of type {})", cause, type));
  }
  const std::string_view cure = fault_cure(result);
  throw Error(ErrorKind::data, what, fmt::format("{} (column of type {})", cause, type),
              fmt::format("correct the row at the source, or give the column a type that holds it: ALTER TABLE {} MODIFY {} {}{}", quoted,
                          columns[column], cure.empty() ? "..." : cure,
                          codec.in_key ? "" : "; or say under columns: of the pipeline what becomes of such values, unfit: null or clamp"));
}

}  // namespace tidemark::mysql
