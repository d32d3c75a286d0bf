#include "engine/mysql/sink_type_rules.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>

namespace tidemark::mysql {
namespace {

constexpr std::string_view kNoNan = "NaN and infinities: refused; the sign of zero (MariaDB)";
constexpr std::string_view kDates = "infinity, BC and years above 9999: refused";
constexpr std::string_view kJson =
    "white space, order and repetition of members; numbers of more than 81 digits: refused (MySQL); "
    "nested deeper than 100, at MariaDB 31: refused, longtext holds it";

// clang-format off
constexpr PostgresRule kPostgres[] = {
    {"boolean", ValueKind::boolean, "tinyint(1)", "", ""},
    {"smallint", ValueKind::int64, "smallint", "", ""},
    {"integer", ValueKind::int64, "int", "", ""},
    {"bigint", ValueKind::int64, "bigint", "", ""},
    {"oid", ValueKind::uint64, "int unsigned", "", ""},
    {"real", ValueKind::float32, "float", "", kNoNan},
    {"double precision", ValueKind::float64, "double", "", kNoNan},
    {"numeric", ValueKind::decimal, "decimal({p},{s})", "", "NaN and infinities: refused; without precision decimal(65,30), beyond which values are refused; "
                                       "of more digits varchar"},
    {"money", ValueKind::decimal, "decimal(19,2)", "", "the currency"},
    {"character varying", ValueKind::text, "varchar({n}) {exact}", "", "nothing: without length it is longtext"},
    {"character", ValueKind::text, "char({n}) {exact}", "", ""},
    {"text", ValueKind::text, "longtext {exact}", "", ""},
    {"name", ValueKind::text, "varchar(63) {exact}", "", ""},
    {"\"char\"", ValueKind::text, "varchar(4) {exact}", "", ""},
    {"citext", ValueKind::text, "longtext {caseless}", "", ""},
    {"xml", ValueKind::text, "longtext {exact}", "", ""},
    {"tsvector", ValueKind::text, "longtext {exact}", "", ""},
    {"ltree", ValueKind::text, "longtext {exact}", "", ""},
    {"enum", ValueKind::text, "varchar(63) {exact}", "", "the order of the labels"},
    {"bytea", ValueKind::bytes, "longblob", "", ""},
    {"uuid", ValueKind::uuid, "char(36) {ascii}", "", ""},
    {"json", ValueKind::json, "json", "", kJson},
    {"jsonb", ValueKind::json, "json", "", kJson},
    {"date", ValueKind::date, "date", "", kDates},
    {"time without time zone", ValueKind::time, "time({f})", "", ""},
    {"time with time zone", ValueKind::other, "varchar(24) {ascii}", "", ""},
    {"timestamp without time zone", ValueKind::datetime, "datetime({f})", "", kDates},
    {"timestamp with time zone", ValueKind::timestamp, "datetime({f})", "", kDates},  // in UTC
    {"interval", ValueKind::interval, "varchar(100) {ascii}", "", ""},
    {"[]", ValueKind::array, "json", "", "the difference between NULL and the text null is kept; bounds other than 1 as {\"[0:1]\": [...]}"},
    {"hstore", ValueKind::other, "json", "", ""},
    {"int4range", ValueKind::other, "varchar(32) {ascii}", "", ""},
    {"int8range", ValueKind::other, "varchar(64) {ascii}", "", ""},
    {"daterange", ValueKind::other, "varchar(64) {ascii}", "", ""},
    {"tsrange", ValueKind::other, "varchar(100) {ascii}", "", ""},
    {"tstzrange", ValueKind::other, "varchar(120) {ascii}", "", ""},
    {"numrange", ValueKind::other, "longtext {exact}", "", ""},
    {"inet", ValueKind::other, "varchar(43) {ascii}", "", ""},
    {"cidr", ValueKind::other, "varchar(43) {ascii}", "", ""},
    {"macaddr", ValueKind::other, "varchar(17) {ascii}", "", ""},
    {"macaddr8", ValueKind::other, "varchar(23) {ascii}", "", ""},
    {"bit", ValueKind::bits, "bit({n})", "", "of more than 64 bits varbinary"},
    {"bit varying", ValueKind::other, "varchar({n}) {ascii}", "", "nothing: it is longtext"},
    {"point", ValueKind::other, "point", "", ""},
    {"geometry", ValueKind::other, "geometry", "", "points with Z or M, curves and surfaces: refused"},
    {"geography", ValueKind::other, "geometry", "", "points with Z or M: refused"},
    {"vector", ValueKind::other, "vector({n})", "json", ""},
    {"halfvec", ValueKind::other, "vector({n})", "json", ""},
    {"other", ValueKind::other, "longtext {exact}", "", "only the text form is kept: composites, multiranges, line, box, path, polygon, circle and every other type"},
};

constexpr FamilyRule kFamily[] = {
    {"float, double", "", "", "the sign of zero, by MariaDB"},
    {"json (MySQL)", "", "json", "documents nested deeper than 31: refused, longtext holds them"},
    {"json (MariaDB)", "longtext", "", "MySQL's check of the text"},
    {"json within MySQL", "", "", "what is neither text nor number inside: dates, times and bytes are the text that they are printed as"},
    {"uuid", "char(36)", "", ""},
    {"inet4", "varchar(15)", "", ""},
    {"inet6", "varchar(45)", "", ""},
    {"vector", "", "json", "before MariaDB 11.7"},
    {"char, varchar, text in gb18030", "", "utf8mb4", ""},
    {"utf8mb4_0900_* collations", "", "utf8mb4_uca1400_nopad_*", "in a key: by code points"},
    {"utf8mb4_uca1400_*, *_nopad_* collations", "utf8mb4_0900_*", "", "in a key: by code points"},
};
// clang-format on

/// Which rule stands for a kind when the type's name says nothing: a domain.
std::string_view name_of_kind(const Column& column) {
  switch (column.kind) {
    case ValueKind::boolean: return "boolean";
    case ValueKind::int64: return "bigint";
    case ValueKind::uint64: return "oid";
    case ValueKind::float32: return "real";
    case ValueKind::float64: return "double precision";
    case ValueKind::decimal: return "numeric";
    case ValueKind::bytes: return "bytea";
    case ValueKind::date: return "date";
    case ValueKind::time: return "time without time zone";
    case ValueKind::datetime: return "timestamp without time zone";
    case ValueKind::timestamp: return "timestamp with time zone";
    case ValueKind::interval: return "interval";
    case ValueKind::uuid: return "uuid";
    case ValueKind::json: return "jsonb";
    case ValueKind::bits: return "bit";
    case ValueKind::array: return "[]";
    case ValueKind::text:
      if (column.length > 0) return column.fixed_length ? "character" : "character varying";
      return "text";
    default: return "other";
  }
}

const PostgresRule* find_rule(std::string_view name) {
  const auto* rule = std::find_if(std::begin(kPostgres), std::end(kPostgres), [&](const PostgresRule& r) { return r.source == name; });
  return rule == std::end(kPostgres) ? nullptr : rule;
}

}  // namespace

std::string_view postgres_base_type(const Column& column, std::string& scratch) {
  if (!column.labels.empty()) return "enum";
  const std::string& native = column.native_type;
  if (native.size() > 2 && native.compare(native.size() - 2, 2, "[]") == 0) return "[]";
  const size_t open = native.find('('), close = native.find(')');
  scratch = native.substr(0, open);
  if (open != std::string::npos && close != std::string::npos) scratch += native.substr(close + 1);
  const size_t dot = scratch.rfind('.');
  if (dot != std::string::npos && scratch.back() != '"') scratch.erase(0, dot + 1);
  return scratch;
}

const PostgresRule& postgres_rule(const Column& column) {
  std::string scratch;
  const PostgresRule* rule = find_rule(postgres_base_type(column, scratch));
  // a type of the user may be called like one of ours
  if (rule == nullptr || rule->kind != column.kind) rule = find_rule(name_of_kind(column));
  return *rule;
}

uint32_t digits_of_negative_scale(const Column& column) {
  const std::string_view native = column.native_type;
  const size_t minus = native.find(",-");
  if (column.length != 0 || minus == std::string_view::npos || native.rfind("numeric(", 0) != 0) return 0;
  uint32_t precision = 0, zeros = 0;
  std::from_chars(native.data() + 8, native.data() + minus, precision);
  std::from_chars(native.data() + minus + 2, native.data() + native.size(), zeros);
  return precision + zeros;
}

PostgresRules postgres_rules() { return {std::begin(kPostgres), std::end(kPostgres)}; }
FamilyRules family_rules() { return {std::begin(kFamily), std::end(kFamily)}; }

}  // namespace tidemark::mysql
