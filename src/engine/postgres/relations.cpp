#include "engine/postgres/relations.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/postgres/dialect.h"
#include "tidemark/error.h"

namespace tidemark::postgres {
namespace {

std::string key_of(std::string_view name_space, std::string_view table) {
  std::string key(name_space);
  key += '\0';
  key += table;
  return key;
}

std::string table_text(const TableName& name) { return "table " + printable(name.text()); }

[[noreturn]] void changed(const TableName& name, const std::string& column, const std::string& cause) {
  throw Error(ErrorKind::schema_changed, fmt::format("{}, column {}", table_text(name), printable(column)), cause,
              "a statement changed the table: start the pipeline anew for it, so that it is copied with its new columns");
}

}  // namespace

Relations::Relations(const std::vector<SchemaRef>& tables, const std::vector<uint32_t>& oids, TypeNamer type_name)
    : type_name_(std::move(type_name)) {
  for (size_t i = 0; i < tables.size(); ++i) {
    StreamedTable& table = tables_.emplace_back();
    table.schema = tables[i];
    if (i < oids.size()) table.oid = oids[i];
    for (const Column& column : table.schema->columns) table.decoders.emplace_back(column);
    by_name_[key_of(table.schema->name.database, table.schema->name.table)] = static_cast<int>(i);
  }
}

void Relations::introduce(const PgoutputMessage& m) {
  Relation relation;
  relation.name = {std::string(m.name_space.empty() ? "pg_catalog" : m.name_space), std::string(m.name)};
  relation.identity = m.replica_identity;
  relation.fields.reserve(m.columns.size());
  for (const RelationColumn& column : m.columns) {
    relation.fields.push_back({std::string(column.name), column.type, column.modifier, column.in_identity, -1});
  }
  const auto by_oid = std::find_if(tables_.begin(), tables_.end(), [&](const StreamedTable& t) { return t.oid == m.oid; });
  if (m.oid != 0 && by_oid != tables_.end()) {
    relation.table = static_cast<int>(by_oid - tables_.begin());
  } else if (auto found = by_name_.find(key_of(relation.name.database, relation.name.table)); found != by_name_.end()) {
    relation.table = found->second;
  }
  relations_[m.oid] = std::move(relation);
  last_ = nullptr;
}

Relation* Relations::find(uint32_t oid) {
  if (last_ != nullptr && last_oid_ == oid) return last_;
  auto found = relations_.find(oid);
  if (found == relations_.end()) return nullptr;
  last_oid_ = oid;
  return last_ = &found->second;
}

void Relations::agree(uint32_t oid, Relation& relation) {
  check_relation(oid, relation);
  match_columns(relation);
  check_identity(relation);
  relation.agreed = true;
}

/// A new name is nothing: up to PostgreSQL 17 the log does not tell that of a schema, and it may be the old one again a moment later. What
/// the catalog says at the end counts (TableWatch).
void Relations::check_relation(uint32_t oid, const Relation& relation) {
  uint32_t& known = tables_[static_cast<size_t>(relation.table)].oid;
  if (known == 0) known = oid;
  if (known == oid) return;
  throw Error(ErrorKind::schema_changed, table_text(table_of(relation).schema->name), "another table has taken its name",
              "exclude it, start the pipeline once, and include it again: the table that has the name now is then copied");
}

void Relations::match_columns(Relation& relation) const {
  const TableSchema& table = *table_of(relation).schema;
  // PostgreSQL 18 can publish generated columns as well; before it nobody can
  const bool with_generated = relation.fields.size() != table.columns.size() && relation.fields.size() == table.source_columns;
  if (!with_generated && relation.fields.size() != table.columns.size()) {
    for (const Column& column : table.columns) {
      const bool there =
          std::any_of(relation.fields.begin(), relation.fields.end(), [&](const Relation::Field& f) { return f.name == column.name; });
      if (!there) changed(table.name, column.name, "is not in the log: it was dropped or renamed, or is not in the publication's list");
    }
    for (const Relation::Field& field : relation.fields) {
      if (table.find_column(field.name) < 0) changed(table.name, field.name, "is new in the log");
    }
  }
  size_t next = 0;
  for (size_t i = 0; i < relation.fields.size(); ++i) {
    Relation::Field& field = relation.fields[i];
    field.column = -1;
    if (with_generated && (next == table.columns.size() || table.columns[next].ordinal != i)) continue;
    const Column& column = table.columns[next];
    if (field.name != column.name) changed(table.name, column.name, fmt::format("is called {} in the log", printable(field.name)));
    check_type(field, column, table.name);
    field.column = static_cast<int>(next++);
  }
  if (next != table.columns.size()) changed(table.name, table.columns[next].name, "is not in the log");
}

void Relations::check_type(const Relation::Field& field, const Column& column, const TableName& table) const {
  const std::string type = type_name_(field.type, field.modifier);
  if (type != column.native_type)
    changed(table, column.name, fmt::format("is {} in the log, {} in the schema", printable(type), printable(column.native_type)));
}

/// Old rows have to tell the key, or all of the row where there is none: otherwise an UPDATE or DELETE says nothing.
void Relations::check_identity(const Relation& relation) const {
  const TableSchema& table = *table_of(relation).schema;
  const std::string name = quote_name(table.name.database, table.name.table);
  const std::string hint =
      fmt::format("ALTER TABLE {} REPLICA IDENTITY FULL; changes made before it are without it, so copy the table anew", name);
  if (!table.has_key() && relation.identity != 'f') {
    throw Error(ErrorKind::server_settings, table_text(table.name),
                "it has no key, and the log does not carry its rows as they were before", hint);
  }
  for (const Relation::Field& field : relation.fields) {
    if (field.column < 0 || field.in_identity) continue;
    const bool in_key = std::find(table.key.begin(), table.key.end(), field.column) != table.key.end();
    if (in_key && relation.identity != 'f') {
      throw Error(ErrorKind::server_settings, fmt::format("{}, column {}", table_text(table.name), printable(field.name)),
                  "it belongs to the key, but not to the table's replica identity: the log does not tell which row a change is of", hint);
    }
  }
}

}  // namespace tidemark::postgres
