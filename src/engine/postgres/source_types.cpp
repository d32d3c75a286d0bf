#include "engine/postgres/source_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "engine/postgres/dialect.h"

namespace tidemark::postgres {
namespace {

constexpr const char* kDoing = "reading the source's types";

// pg_type.dat
constexpr Oid kBool = 16, kBytea = 17, kName = 19, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25, kOid = 26, kJson = 114, kXml = 142,
              kFloat4 = 700, kFloat8 = 701, kMoney = 790, kBpchar = 1042, kVarchar = 1043, kDate = 1082, kTime = 1083, kTimestamp = 1114,
              kTimestamptz = 1184, kInterval = 1186, kBit = 1560, kNumeric = 1700, kUuid = 2950, kTsvector = 3614, kJsonb = 3802;

template <typename Number>
Number number(const PGresult* result, int row, int column) {
  const std::string_view text = field_of(result, row, column);
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// VARHDRSZ: modifiers of text and numeric are larger by the size of a header.
constexpr int32_t kHeader = 4;

void set_text(Column& column, const TypeFacts& type) {
  column.kind = ValueKind::text;
  column.charset = "UTF8";
  const bool limited = (type.oid == kBpchar || type.oid == kVarchar) && type.modifier >= kHeader;
  if (limited) column.length = static_cast<uint32_t>(type.modifier - kHeader);
  if (type.oid == kName) column.length = kNameBytesMax;
  column.fixed_length = limited && type.oid == kBpchar;
  column.large_object = column.length == 0;
}

void set_numeric(Column& column, int32_t modifier) {
  column.kind = ValueKind::decimal;
  if (modifier < kHeader) return;
  const uint32_t packed = static_cast<uint32_t>(modifier - kHeader);
  const uint32_t precision = packed >> 16;
  const int scale = static_cast<int>((packed & 0x7ff) ^ 0x400) - 0x400;  // eleven bits with a sign
  if (scale < 0 || scale > UINT8_MAX) return;                            // kept as it is printed, like a numeric without precision
  column.length = std::max(precision, static_cast<uint32_t>(scale));     // numeric(3,5) prints five digits
  column.scale = static_cast<uint8_t>(scale);
}

/// Digits of a second; without a modifier all six. An interval's modifier has the fields above them.
uint8_t fraction_digits(int32_t modifier) {
  const int32_t digits = modifier < 0 ? 6 : modifier & 0xffff;
  return static_cast<uint8_t>(digits > 6 ? 6 : digits);
}

void set_kind(Column& column, const TypeFacts& type) {
  switch (type.oid) {
    case kBool: column.kind = ValueKind::boolean; return;
    case kInt2:
    case kInt4:
    case kInt8: column.kind = ValueKind::int64; return;
    case kOid:
      column.kind = ValueKind::uint64;
      column.is_unsigned = true;
      return;
    case kFloat4: column.kind = ValueKind::float32; return;
    case kFloat8: column.kind = ValueKind::float64; return;
    case kNumeric: set_numeric(column, type.modifier); return;
    case kMoney:
      column.kind = ValueKind::decimal;
      column.length = 19;
      column.scale = 2;
      return;
    case kText:
    case kVarchar:
    case kBpchar:
    case kName:
    case kXml:
    case kTsvector: set_text(column, type); return;
    case kBytea:
      column.kind = ValueKind::bytes;
      column.large_object = true;
      return;
    case kUuid: column.kind = ValueKind::uuid; return;
    case kJson:
    case kJsonb:
      column.kind = ValueKind::json;
      column.large_object = true;
      return;
    case kDate: column.kind = ValueKind::date; return;
    case kTime:
    case kTimestamp:
    case kTimestamptz:
    case kInterval:
      column.kind = type.oid == kTime        ? ValueKind::time
                    : type.oid == kTimestamp ? ValueKind::datetime
                    : type.oid == kInterval  ? ValueKind::interval
                                             : ValueKind::timestamp;
      column.scale = fraction_digits(type.modifier);
      return;
    case kBit:
      if (type.modifier <= 0) break;  // as wide as each value
      column.kind = ValueKind::bits;
      column.length = static_cast<uint32_t>(type.modifier);
      return;
    default: break;
  }
  if (type.base_name == "citext" || type.base_name == "ltree") return set_text(column, type);
  column.kind = ValueKind::other;
  column.large_object = true;
}

std::map<Oid, std::vector<std::string>> read_labels(Connection& connection, const std::vector<TypeFacts>& types) {
  std::string oids;
  for (const TypeFacts& type : types) {
    if (type.is_enum) oids += fmt::format("{}{}", oids.empty() ? "" : ",", type.oid);
  }
  std::map<Oid, std::vector<std::string>> labels;
  if (oids.empty()) return labels;
  const Result result = connection.run(
      fmt::format("SELECT enumtypid, enumlabel FROM pg_enum WHERE enumtypid IN ({}) ORDER BY 1, enumsortorder", oids), kDoing);
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    labels[number<Oid>(result.get(), row, 0)].emplace_back(field_of(result.get(), row, 1));
  }
  return labels;
}

}  // namespace

std::vector<TypeFacts> read_types(Connection& connection, const std::vector<TypeRef>& types) {
  std::vector<TypeFacts> out(types.size());
  if (types.empty()) return out;
  std::string values;
  for (size_t i = 0; i < types.size(); ++i) {
    values += fmt::format("{}({},{}::oid,{})", i == 0 ? "" : ",", i, types[i].oid, types[i].modifier);
  }
  // numbers only, so they are written out: a WAL sender takes no parameters
  const Result result = connection.run(
      fmt::format("WITH RECURSIVE w(n, t, m) AS (VALUES {}), b(n, t, m) AS (SELECT n, t, m FROM w UNION ALL "
                  "SELECT b.n, y.typbasetype, y.typtypmod FROM b JOIN pg_type y ON y.oid = b.t WHERE y.typtype = 'd') "
                  "SELECT b.n, format_type(w.t, w.m), y.oid, b.m, y.typname, y.typtype = 'e', y.typoutput = 'array_out'::regproc "
                  "FROM b JOIN w USING (n) JOIN pg_type y ON y.oid = b.t WHERE y.typtype <> 'd'",
                  values),
      kDoing);
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    const PGresult* r = result.get();
    TypeFacts& type = out.at(number<size_t>(r, row, 0));
    type.name = field_of(r, row, 1);
    type.oid = number<Oid>(r, row, 2);
    type.modifier = number<int32_t>(r, row, 3);
    type.base_name = field_of(r, row, 4);
    type.is_enum = field_of(r, row, 5) == "t";
    type.is_array = field_of(r, row, 6) == "t";
  }
  const auto labels = read_labels(connection, out);
  for (TypeFacts& type : out) {
    if (const auto it = labels.find(type.oid); type.is_enum && it != labels.end()) type.labels = it->second;
  }
  return out;
}

Column column_of(const TypeFacts& type) {
  Column column;
  column.family = TypeFamily::postgres;
  column.native_type = type.name;
  if (type.is_array) {
    column.kind = ValueKind::array;
    column.large_object = true;
  } else if (type.is_enum) {
    column.kind = ValueKind::text;
    column.charset = "UTF8";
    column.labels = type.labels;
  } else {
    set_kind(column, type);
  }
  return column;
}

bool order_reproduced(const Column& column, const TypeFacts& type, bool bytewise) {
  switch (type.oid) {
    case kInt2:
    case kInt4:
    case kInt8:
    case kUuid:
    case kBytea:
    case kDate:
    case kTime:
    case kTimestamp:
    case kTimestamptz: return true;
    case kText:
    case kVarchar:
    case kName: return bytewise && column.kind == ValueKind::text;
    default: return false;  // char(n) is compared without its trailing blanks
  }
}

}  // namespace tidemark::postgres
