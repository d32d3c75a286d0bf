#include "engine/sqlite/catalog.h"

#include <algorithm>
#include <set>

#include "engine/sqlite/dialect.h"
#include "tidemark/error.h"

namespace tidemark::sqlite {

namespace {

struct ExistingColumn {
  std::string declared;
  bool not_null = false;
  bool has_default = false;
  int key_place = 0;  // 1-based place in the primary key
  bool generated = false;
};

[[noreturn]] void refuse(const Target& target, std::string cause, std::string hint = {}) {
  if (hint.empty()) hint = "drop it and let tidemark create it: DROP TABLE " + quote(target.name) + ", or choose another target_table";
  throw Error(ErrorKind::data, "check SQLite table " + target.name, std::move(cause), std::move(hint));
}

/// What SQLite makes of a declared type (sqlite.org/datatype3.html section 3.1).
enum class Affinity : uint8_t { integer, text, as_is, real, numeric };

Affinity affinity_of(const std::string& declared, bool strict) {
  std::string lower = fold_name(declared);
  if (strict && lower == "any") return Affinity::as_is;
  auto has = [&](const char* part) { return lower.find(part) != std::string::npos; };
  if (has("int")) return Affinity::integer;
  if (has("char") || has("clob") || has("text")) return Affinity::text;
  if (has("blob") || lower.empty()) return Affinity::as_is;
  if (has("real") || has("floa") || has("doub")) return Affinity::real;
  return Affinity::numeric;
}

/// True when a column so declared gives back exactly what was stored.
bool holds(Storage storage, const std::string& declared, bool strict) {
  Affinity affinity = affinity_of(declared, strict);
  bool strict_blob = strict && fold_name(declared) == "blob";
  switch (storage) {
    case Storage::integer: return affinity == Affinity::integer || (affinity == Affinity::as_is && !strict_blob);
    case Storage::real: return affinity == Affinity::real;
    case Storage::text: return affinity == Affinity::text || (affinity == Affinity::as_is && !strict_blob);
    case Storage::blob: return affinity == Affinity::as_is;
  }
  return false;
}

std::map<std::string, ExistingColumn> existing_columns(Connection& connection, const Target& target) {
  std::map<std::string, ExistingColumn> columns;
  Statement select = connection.prepare("SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1, 'main')");
  select.bind(1, target.name);
  while (select.step())
    columns[fold_name(select.string(0))] = {select.string(1), select.integer(2) != 0, !select.is_null(3),
                                            static_cast<int>(select.integer(4)), select.integer(5) != 0};
  return columns;
}

std::string collation_of(Connection& connection, const Target& target, const std::string& column) {
  const char* collation = nullptr;
  int code = sqlite3_table_column_metadata(connection.handle(), "main", target.name.c_str(), column.c_str(), nullptr, &collation, nullptr,
                                           nullptr, nullptr);
  if (code != SQLITE_OK) connection.fail(code);
  return collation == nullptr ? "BINARY" : collation;
}

/// The key columns are the primary key, or have a unique index of their own: ON CONFLICT needs one.
bool has_unique_key(Connection& connection, const Target& target, const std::map<std::string, ExistingColumn>& columns) {
  std::set<std::string> wanted;
  for (uint16_t c : target.schema->key) wanted.insert(fold_name(target.schema->columns[c].name));
  if (wanted.size() == 1) {
    const ExistingColumn& column = columns.at(*wanted.begin());
    // INTEGER PRIMARY KEY is the rowid and has no index; in the key of several columns it would be one of several with a place
    size_t places = 0;
    for (const auto& [name, other] : columns) places += other.key_place > 0 ? 1 : 0;
    if (column.key_place == 1 && places == 1 && fold_name(column.declared) == "integer") return true;
  }
  Statement indexes = connection.prepare("SELECT name FROM pragma_index_list(?1, 'main') WHERE \"unique\" AND NOT partial");
  Statement parts = connection.prepare("SELECT name, coll FROM pragma_index_xinfo(?1, 'main') WHERE key");
  indexes.bind(1, target.name);
  while (indexes.step()) {
    std::string index = indexes.string(0);
    std::set<std::string> found;
    parts.bind(1, index);
    while (parts.step()) found.insert(parts.is_null(0) || fold_name(parts.string(1)) != "binary" ? "" : fold_name(parts.string(0)));
    if (found == wanted) return true;
  }
  return false;
}

void check_column(Connection& connection, const Target& target, size_t i, const std::map<std::string, ExistingColumn>& columns,
                  bool strict) {
  const Column& column = target.schema->columns[i];
  bool in_key = std::find(target.schema->key.begin(), target.schema->key.end(), i) != target.schema->key.end();
  std::string type(declared_type(target.columns[i].storage));
  auto found = columns.find(fold_name(column.name));
  if (found == columns.end())
    refuse(target, "column " + column.name + " is missing",
           "add it: ALTER TABLE " + quote(target.name) + " ADD COLUMN " + quote(column.name) + ' ' + type);
  const ExistingColumn& existing = found->second;
  if (existing.generated) refuse(target, "column " + column.name + " is generated there, so it cannot take the source's values");
  if (!holds(target.columns[i].storage, existing.declared, strict))
    refuse(target, "column " + column.name + " is declared " + (existing.declared.empty() ? "without a type" : existing.declared) +
                       ", which would change values of " + column.native_type + "; it must be " + type);
  if (existing.not_null && column.nullable && !in_key)
    refuse(target, "column " + column.name + " is NOT NULL, but the source's column may be NULL");
  bool compared = in_key || !target.schema->has_key();
  if (compared && target.columns[i].storage == Storage::text && fold_name(collation_of(connection, target, column.name)) != "binary")
    refuse(target, "column " + column.name + " identifies rows but has a collation other than BINARY, so it would confuse rows");
}

}  // namespace

std::vector<Target> plan_targets(const std::vector<SinkTable>& tables) {
  std::vector<Target> targets;
  std::map<std::string, const TableSchema*> names;
  for (const SinkTable& table : tables) {
    Target target{table.schema, table.target_table, plan_columns(table), {}};
    std::string folded = fold_name(target.name);
    if (folded.rfind("sqlite_", 0) == 0 || folded.rfind("_tidemark_", 0) == 0)
      refuse(target, "SQLite or tidemark keeps names that begin so to itself", "set target_table, e.g. \"t_{table}\"");
    auto [other, is_new] = names.emplace(folded, table.schema.get());
    if (!is_new)
      throw Error(ErrorKind::config, "map tables to SQLite",
                  other->second->name.text() + " and " + table.schema->name.text() + " would both be table " + target.name +
                      " (SQLite does not tell upper from lower case)",
                  "set target_table: \"{database}_{table}\", or leave one of them out with tables.exclude");
    if (!table.schema->has_key()) {
      target.rowid = rowid_name(*table.schema);
      if (target.rowid.empty())
        refuse(target, "it has no key, and columns named rowid, _rowid_ and oid hide SQLite's own row number",
               "name a key for it in the configuration: tables.keys");
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

ExistingNames existing_names(Connection& connection) {
  ExistingNames names;
  Statement indexes = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'index'");
  while (indexes.step()) names[fold_name(indexes.string(0))].type = "index";
  Statement tables = connection.prepare("SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'");
  while (tables.step()) {
    names[fold_name(tables.string(0))] = {tables.string(1), tables.integer(2) != 0, tables.integer(3) != 0};
  }
  return names;
}

bool table_exists(const ExistingNames& names, const Target& target) {
  auto found = names.find(fold_name(target.name));
  if (found == names.end()) return false;
  const std::string& type = found->second.type;
  if (type != "index" && type != "view") return true;
  refuse(target, std::string(type == "index" ? "an index" : "a view") + " has this name", "choose another target_table");
}

void check_table(Connection& connection, const Target& target, const ExistingNames& names) {
  connection.doing("check SQLite table " + target.name);
  const ExistingName& existing = names.at(fold_name(target.name));
  if (existing.type != "table") refuse(target, "it is a " + existing.type + " table");
  std::map<std::string, ExistingColumn> columns = existing_columns(connection, target);
  std::set<std::string> carried;
  for (size_t i = 0; i < target.schema->columns.size(); ++i) {
    check_column(connection, target, i, columns, existing.strict);
    carried.insert(fold_name(target.schema->columns[i].name));
  }
  for (const auto& [name, column] : columns)
    if (carried.count(name) == 0 && column.not_null && !column.has_default && !column.generated)
      refuse(target, "column " + name + " is NOT NULL without a default, and the source has no such column");
  if (target.schema->has_key()) {
    if (!has_unique_key(connection, target, columns)) {
      std::string key;
      for (uint16_t c : target.schema->key) key += (key.empty() ? "" : ", ") + quote(target.schema->columns[c].name);
      refuse(target, "the source's key columns are not unique there",
             "make them so: CREATE UNIQUE INDEX " + quote(target.name + "_key") + " ON " + quote(target.name) + " (" + key + ")");
    }
  } else if (existing.without_rowid) {
    refuse(target, "it is WITHOUT ROWID, but the source's table has no key");
  }
}

bool table_is_empty(Connection& connection, const Target& target) {
  return connection.integer("SELECT EXISTS (SELECT 1 FROM " + quote(target.name) + ")") == 0;
}

}  // namespace tidemark::sqlite
