#include "engine/postgres/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "model/array_text.h"

namespace tidemark::postgres {
namespace {

constexpr const char* kDoing = "reading the sink's catalog";

// A domain is described by its base type. Casts name the type with modifier -1: "character" alone would mean character(1).
constexpr const char* kColumns = R"(
SELECT w.n, c.relkind, a.attname, a.attnotnull, a.atthasdef, a.attidentity, a.attgenerated,
       b.oid, CASE WHEN y.typtype = 'd' THEN y.typtypmod ELSE a.atttypmod END,
       format_type(a.atttypid, a.atttypmod), format_type(b.oid, -1), b.typtype, b.typname,
       CASE WHEN b.typtype = 'e' THEN ARRAY(SELECT enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = b.oid ORDER BY e.enumsortorder) END
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY w(s, t, n)
  JOIN pg_catalog.pg_namespace s ON s.nspname = w.s
  JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid AND c.relname = w.t
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN y.typtype = 'd' THEN y.typbasetype ELSE y.oid END
 WHERE c.relkind IN ('r','p','v','m','f')
 ORDER BY w.n, a.attnum)";

constexpr const char* kIndexes = R"(
SELECT w.n, x.relname, i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL, a.attname
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY w(s, t, n)
  JOIN pg_catalog.pg_namespace s ON s.nspname = w.s
  JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid AND c.relname = w.t
  JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisunique
  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
 CROSS JOIN LATERAL generate_series(0, i.indnkeyatts - 1) k
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[k]
 ORDER BY w.n, i.indexrelid, k)";

// relam: none before PostgreSQL 12, 2 is heap.
constexpr const char* kSizes = R"(
SELECT w.n, pg_relation_size(c.oid) > 0
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY w(s, t, n)
  JOIN pg_catalog.pg_namespace s ON s.nspname = w.s
  JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid AND c.relname = w.t
 WHERE c.relkind = 'r' AND NOT c.relhassubclass AND c.relam IN (0, 2))";

/// 1-based place among the names that were asked for, as 0-based index.
size_t ordinal(const PGresult* result, int row) { return std::strtoul(PQgetvalue(result, row, 0), nullptr, 10) - 1; }

bool is_true(const PGresult* result, int row, int column) { return field_of(result, row, column) == "t"; }

SinkType read_type(const PGresult* result, int row) {
  SinkType type;
  type.oid = static_cast<Oid>(std::strtoul(PQgetvalue(result, row, 7), nullptr, 10));
  type.modifier = static_cast<int32_t>(std::strtol(PQgetvalue(result, row, 8), nullptr, 10));
  type.sql = field_of(result, row, 9);
  type.cast = field_of(result, row, 10);
  type.is_enum = field_of(result, row, 11) == "e";
  if (type.is_enum) {
    for (ArrayElement& label : parse_array(field_of(result, row, 13)).value_or(ArrayText()).elements)
      type.labels.push_back(std::move(label.text));
  }
  type.is_blank_padded = type.oid == 1042;
  // an enum's binary form is its label; citext's is text's
  type.wire = type.is_enum || field_of(result, row, 12) == "citext" ? WireType::text : wire_type_of(type.oid);
  if (type.wire == WireType::text && type.oid != 1042 && type.oid != 1043) type.modifier = -1;
  return type;
}

}  // namespace

std::string text_array(const std::vector<std::string>& items) {
  std::string out = "{";
  for (const std::string& item : items) {
    out += out.size() > 1 ? ",\"" : "\"";
    for (char c : item) {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
    out.push_back('"');
  }
  return out + "}";
}

namespace {

/// The names as parameters $1 and $2.
struct NameArrays {
  std::string schemas, tables;
  explicit NameArrays(const std::vector<RelationName>& names) {
    std::vector<std::string> schema_list, table_list;
    for (const RelationName& name : names) {
      schema_list.push_back(name.schema);
      table_list.push_back(name.table);
    }
    schemas = text_array(schema_list);
    tables = text_array(table_list);
  }
  Params params() const {
    Params params;
    params.add_text(schemas);
    params.add_text(tables);
    return params;
  }
};

}  // namespace

std::vector<CatalogTable> read_catalog(Connection& connection, const std::vector<RelationName>& names) {
  std::vector<CatalogTable> tables(names.size());
  const NameArrays arrays(names);
  const Params params = arrays.params();

  connection.run("SET search_path=pg_catalog", kDoing);  // names of types with their schemas
  Result columns = connection.run(kColumns, params, kDoing);
  connection.run("RESET search_path", kDoing);
  for (int row = 0; row < PQntuples(columns.get()); ++row) {
    const PGresult* r = columns.get();
    CatalogTable& table = tables[ordinal(r, row)];
    table.exists = true;
    table.kind = PQgetvalue(r, row, 1)[0];
    if (PQgetisnull(r, row, 2)) continue;  // a table without columns
    CatalogColumn column;
    column.name = field_of(r, row, 2);
    column.not_null = is_true(r, row, 3);
    column.has_default = is_true(r, row, 4);
    column.identity = !field_of(r, row, 5).empty();
    column.identity_always = field_of(r, row, 5) == "a";
    column.generated = !field_of(r, row, 6).empty();
    column.type = read_type(r, row);
    table.columns.push_back(std::move(column));
  }
  Result indexes = connection.run(kIndexes, params, kDoing);
  for (int row = 0; row < PQntuples(indexes.get()); ++row) {
    const PGresult* r = indexes.get();
    std::vector<CatalogIndex>& of_table = tables[ordinal(r, row)].unique_indexes;
    if (of_table.empty() || of_table.back().name != field_of(r, row, 1)) {
      of_table.push_back({std::string(field_of(r, row, 1)), {}, is_true(r, row, 2)});
    }
    of_table.back().columns.emplace_back(field_of(r, row, 3));
  }
  return tables;
}

std::vector<bool> existing_schemas(Connection& connection, const std::vector<std::string>& names) {
  std::vector<bool> exists(names.size(), false);
  const std::string array = text_array(names);
  Params params;
  params.add_text(array);
  Result result = connection.run(
      "SELECT w.n FROM unnest($1::text[]) WITH ORDINALITY w(s, n) JOIN pg_catalog.pg_namespace s ON s.nspname = w.s", params, kDoing);
  for (int row = 0; row < PQntuples(result.get()); ++row) exists[ordinal(result.get(), row)] = true;
  return exists;
}

std::vector<std::optional<bool>> ever_filled(Connection& connection, const std::vector<RelationName>& names) {
  std::vector<std::optional<bool>> filled(names.size());
  const NameArrays arrays(names);
  Result result = connection.run(kSizes, arrays.params(), "looking whether the target tables are empty");
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    if (!PQgetisnull(result.get(), row, 1)) filled[ordinal(result.get(), row)] = is_true(result.get(), row, 1);
  }
  return filled;
}

std::vector<bool> empty_tables(Connection& connection, const std::vector<std::string>& quoted) {
  constexpr size_t kAtOnce = 100;
  std::vector<bool> empty;
  for (size_t from = 0; from < quoted.size(); from += kAtOnce) {
    std::string sql = "SELECT ";
    const size_t to = std::min(quoted.size(), from + kAtOnce);
    for (size_t i = from; i < to; ++i) sql += fmt::format("{}EXISTS(SELECT FROM {})", i > from ? "," : "", quoted[i]);
    Result result = connection.run(sql, "looking whether the target tables are empty");
    for (size_t i = from; i < to; ++i) empty.push_back(field_of(result.get(), 0, static_cast<int>(i - from)) == "f");
  }
  return empty;
}

}  // namespace tidemark::postgres
