#include "engine/postgres/source_catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "engine/postgres/dialect.h"
#include "engine/postgres/partitions.h"
#include "engine/postgres/replica_identity.h"
#include "engine/postgres/source_types.h"
#include "tidemark/error.h"

namespace tidemark::postgres {
namespace {

constexpr const char* kDoing = "reading the source's catalog";

// What belongs to the server, to a session, or to tidemark as a sink is nobody's to capture.
constexpr const char* kTables = R"(
SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relreplident, c.relnatts, c.relispartition,
       rn.nspname, rc.relname,
       CASE c.relkind WHEN 'p' THEN (SELECT COALESCE(sum(GREATEST(l.reltuples, 0)), 0) FROM pg_partition_tree(c.oid) t
                                      JOIN pg_class l ON l.oid = t.relid WHERE t.isleaf)
                      ELSE GREATEST(c.reltuples, 0) END::bigint,
       has_schema_privilege(n.oid, 'USAGE'), has_table_privilege(c.oid, 'SELECT'), row_security_active(c.oid)
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_class rc ON c.relispartition AND rc.oid = pg_partition_root(c.oid)
  LEFT JOIN pg_namespace rn ON rn.oid = rc.relnamespace
 WHERE c.relkind IN ('r','p','v','m','f') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
   AND COALESCE(obj_description(n.oid, 'pg_namespace'), '') NOT LIKE 'positions and chunk records of tidemark;%'
 ORDER BY n.nspname, c.relname)";

constexpr const char* kColumns = R"(
SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull,
       a.attidentity <> '' OR COALESCE(pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%', false), a.attgenerated <> '',
       CASE WHEN a.attcollation = 100 THEN (SELECT datcollate FROM pg_database WHERE datname = current_database()) ELSE co.collname END,
       pg_encoding_to_char((SELECT encoding FROM pg_database WHERE datname = current_database())) = 'UTF8' AND
       CASE WHEN a.attcollation = 100 THEN ({}) ELSE co.collprovider = 'b' OR co.collprovider = 'c' AND co.collcollate IN ('C','POSIX') END
  FROM pg_attribute a
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_collation co ON co.oid = a.attcollation
 WHERE a.attrelid = ANY($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum)";

// Whether the database's own collation compares bytes. The provider is libc's before PostgreSQL 15.
constexpr const char* kDatabaseBytewise = "SELECT datcollate IN ('C','POSIX') FROM pg_database WHERE datname = current_database()";
constexpr const char* kDatabaseBytewise15 =
    "SELECT datlocprovider = 'b' OR datlocprovider = 'c' AND datcollate IN ('C','POSIX') FROM pg_database WHERE datname = "
    "current_database()";

// Deferrable indexes identify no row (RelationGetIndexList).
constexpr const char* kIdentities = R"(
SELECT i.indrelid, i.indisreplident, i.indisprimary, a.attname
  FROM pg_index i
 CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
 WHERE i.indrelid = ANY($1::oid[]) AND (i.indisprimary OR i.indisreplident) AND i.indisvalid AND i.indimmediate AND k.n <= i.indnkeyatts
 ORDER BY i.indrelid, i.indexrelid, k.n)";

constexpr const char* kLeaves = R"(
SELECT r.oid, l.oid, n.nspname, l.relname, l.relkind, l.relpersistence, l.relreplident
  FROM unnest($1::oid[]) r(oid)
 CROSS JOIN LATERAL pg_partition_tree(r.oid) t
  JOIN pg_class l ON l.oid = t.relid
  JOIN pg_namespace n ON n.oid = l.relnamespace
 WHERE t.isleaf AND l.oid <> r.oid
 ORDER BY n.nspname, l.relname)";

struct Draft {
  TableSchema schema;
  bool partitioned = false;
  IdentityFacts identity;
  std::vector<LeafFacts> leaves;
};
using Drafts = std::map<Oid, Draft>;

/// What the user asked for by a name without wildcards.
bool named(const TableSelection& selection, const TableName& name) {
  return std::find(selection.include.begin(), selection.include.end(), name.text()) != selection.include.end();
}

bool is_true(const PGresult* result, int row, int column) { return field_of(result, row, column) == "t"; }
Oid oid_of(const PGresult* result, int row, int column) { return static_cast<Oid>(number_of(field_of(result, row, column))); }
TableName name_of(const PGresult* result, int row, int schema) {
  return {std::string(field_of(result, row, schema)), std::string(field_of(result, row, schema + 1))};
}
std::string quoted(const TableName& name) { return printable(quote_name(name.database, name.table)); }

/// What stands against capturing the selected tables; all of it is reported at once.
struct Findings {
  std::vector<std::string> refused, cures;
  ErrorKind kind = ErrorKind::unsupported;
  void add(std::string cause, std::string cure) {
    refused.push_back(std::move(cause));
    if (std::find(cures.begin(), cures.end(), cure) == cures.end()) cures.push_back(std::move(cure));
  }
  void add(const Error& error) {
    kind = error.kind();
    add(error.what(), error.hint());
  }
  void report() {
    if (refused.empty()) return;
    for (std::vector<std::string>* list : {&refused, &cures}) {
      constexpr size_t kMost = 10;
      if (list->size() <= kMost) continue;
      const size_t more = list->size() - kMost;
      list->resize(kMost);
      list->push_back(fmt::format("and {} more", more));
    }
    throw Error(kind, "the selected tables cannot all be captured", fmt::format("{}", fmt::join(refused, "; ")),
                fmt::format("{}{} or leave them out with tables.exclude", fmt::join(cures, " "), cures.back().back() == ';' ? "" : ";"));
  }
};

class Describer {
 public:
  Describer(Connection& connection, const TableSelection& selection) : connection_(connection), selection_(selection) {}

  std::vector<SchemaRef> run() {
    list_tables();
    check_named();
    check_privileges();
    if (!drafts_.empty()) {
      read_columns();
      read_leaves();
      read_identities();
    }
    std::vector<SchemaRef> schemas;
    for (auto& [oid, draft] : drafts_) {
      try {
        finish(draft);
        schemas.push_back(std::make_shared<const TableSchema>(std::move(draft.schema)));
      } catch (const Error& e) {
        if (e.kind() == ErrorKind::config) throw;
        findings_.add(e);
      }
    }
    findings_.report();
    std::sort(schemas.begin(), schemas.end(), [](const SchemaRef& a, const SchemaRef& b) { return a->name < b->name; });
    return schemas;
  }

 private:
  void list_tables() {
    const Result result = connection_.run(kTables, kDoing);
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      const PGresult* r = result.get();
      const TableName name = name_of(r, row, 1);
      if (!selection_.matches(name)) continue;
      const char kind = field_of(r, row, 3)[0];
      if (kind == 'v' || kind == 'm' || kind == 'f') {  // none has rows of its own in the log
        if (!named(selection_, name)) continue;
        findings_.add(fmt::format("{} is a {}, whose rows are not in this server's log", printable(name.text()),
                                  kind == 'f' ? "foreign table" : "view"),
                      "name the table that the rows are in");
      } else if (is_true(r, row, 7)) {
        const TableName root = name_of(r, row, 8);
        if (!named(selection_, name) && selection_.matches(root)) continue;  // captured as a part of it
        findings_.add(fmt::format("{} is a partition of {}", printable(name.text()), printable(root.text())),
                      fmt::format("include {} instead", printable(root.text())));
      } else if (field_of(r, row, 4) != "p") {
        findings_.add(fmt::format("{} is unlogged: its changes are not in the log", printable(name.text())),
                      fmt::format("ALTER TABLE {} SET LOGGED;", quoted(name)));
      } else {
        add_draft(r, row, name, kind == 'p');
      }
    }
  }

  void add_draft(const PGresult* r, int row, const TableName& name, bool partitioned) {
    Draft& draft = drafts_[oid_of(r, row, 0)];
    draft.schema.name = name;
    draft.schema.source_columns = static_cast<uint16_t>(number_of(field_of(r, row, 6)));
    draft.schema.source_id = oid_of(r, row, 0);
    draft.schema.rows_estimated = number_of(field_of(r, row, 10));
    draft.partitioned = partitioned;
    draft.identity.setting = field_of(r, row, 5)[0];
    if (!is_true(r, row, 11) && std::find(closed_schemas_.begin(), closed_schemas_.end(), name.database) == closed_schemas_.end()) {
      closed_schemas_.push_back(name.database);
    }
    if (!is_true(r, row, 12)) unreadable_.push_back(quoted(name));
    if (is_true(r, row, 13)) row_security_.push_back(quoted(name));
  }

  /// An exact name in the configuration that matches nothing is a mistake, not an empty selection.
  void check_named() {
    if (!findings_.refused.empty()) return;
    for (const std::string& pattern : selection_.include) {
      const size_t dot = pattern.find('.');
      if (dot == std::string::npos || pattern.find_first_of("*?") != std::string::npos) continue;
      const TableName name{pattern.substr(0, dot), pattern.substr(dot + 1)};
      if (!selection_.matches(name)) continue;  // it is excluded
      if (std::any_of(drafts_.begin(), drafts_.end(), [&](const auto& entry) { return entry.second.schema.name == name; })) continue;
      throw Error(ErrorKind::config, fmt::format("table {}", printable(pattern)), "it does not exist in this database",
                  "write it as schema.table, and check the spelling, the case and the source's database");
    }
  }

  void check_privileges() {
    const std::string role = printable(quote_name(PQuser(connection_.raw())));
    std::string cures;
    for (const std::string& schema : closed_schemas_)
      cures += fmt::format("GRANT USAGE ON SCHEMA {} TO {}; ", printable(quote_name(schema)), role);
    if (!unreadable_.empty()) cures += fmt::format("GRANT SELECT ON {} TO {};", fmt::join(unreadable_, ", "), role);
    if (!cures.empty()) {
      throw Error(ErrorKind::credentials, "reading the captured tables",
                  unreadable_.empty()
                      ? fmt::format("the role may not use the schema {}", printable(closed_schemas_.front()))
                      : fmt::format("the role may not SELECT from {} of them, the first is {}", unreadable_.size(), unreadable_.front()),
                  cures);
    }
    if (row_security_.empty()) return;
    throw Error(ErrorKind::credentials, "reading the captured tables",
                fmt::format("row security hides rows of {} from the role", fmt::join(row_security_, ", ")),
                fmt::format("ALTER ROLE {} BYPASSRLS;", role));
  }

  /// For `= ANY($1::oid[])`.
  static std::string oid_array(const std::vector<Oid>& oids) { return fmt::format("{{{}}}", fmt::join(oids, ",")); }

  Result run_for(const std::string& sql, const std::vector<Oid>& oids) {
    const std::string array = oid_array(oids);
    Params params;
    params.add_text(array);
    return connection_.run(sql, params, kDoing);
  }

  std::vector<Oid> all() const {
    std::vector<Oid> oids;
    for (const auto& [oid, draft] : drafts_) oids.push_back(oid);
    return oids;
  }

  void read_columns() {
    const char* bytewise = connection_.version_number() >= 150000 ? kDatabaseBytewise15 : kDatabaseBytewise;
    const Result result = run_for(fmt::format(fmt::runtime(kColumns), bytewise), all());
    std::vector<TypeRef> types;
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      types.push_back({oid_of(result.get(), row, 3), static_cast<int32_t>(std::strtol(PQgetvalue(result.get(), row, 4), nullptr, 10))});
    }
    const std::vector<TypeFacts> facts = read_types(connection_, types);
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      const PGresult* r = result.get();
      if (is_true(r, row, 7)) continue;  // generated
      const TypeFacts& type = facts[static_cast<size_t>(row)];
      Column column = column_of(type);
      column.name = field_of(r, row, 2);
      column.ordinal = static_cast<uint16_t>(number_of(field_of(r, row, 1)) - 1);
      column.nullable = !is_true(r, row, 5);
      column.auto_increment = is_true(r, row, 6);
      if (column.kind == ValueKind::text) column.collation = field_of(r, row, 8);
      column.order_known = order_reproduced(column, type, is_true(r, row, 9));
      drafts_.at(oid_of(r, row, 0)).schema.columns.push_back(std::move(column));
    }
  }

  void read_leaves() {
    std::vector<Oid> roots;
    for (const auto& [oid, draft] : drafts_) {
      if (draft.partitioned) roots.push_back(oid);
    }
    if (roots.empty()) return;
    const Result partitions = connection_.run(partitions_query(roots), kDoing);
    for (const auto& [root, found] : partitions_in(partitions.get())) drafts_.at(root).schema.partitions = partitions_text(found);
    const Result result = run_for(kLeaves, roots);
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      const PGresult* r = result.get();
      std::vector<LeafFacts>& leaves = drafts_.at(oid_of(r, row, 0)).leaves;
      LeafFacts leaf;
      leaf.name = name_of(r, row, 2);
      leaf.kind = field_of(r, row, 4)[0];
      leaf.persistence = field_of(r, row, 5)[0];
      leaf.identity.setting = field_of(r, row, 6)[0];
      leaf_places_[oid_of(r, row, 1)] = {oid_of(r, row, 0), leaves.size()};
      leaves.push_back(std::move(leaf));
    }
  }

  void read_identities() {
    std::vector<Oid> oids = all();
    for (const auto& [oid, place] : leaf_places_) oids.push_back(oid);
    const Result result = run_for(kIdentities, oids);
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      const PGresult* r = result.get();
      const Oid oid = oid_of(r, row, 0);
      const auto place = leaf_places_.find(oid);
      IdentityFacts& identity =
          place == leaf_places_.end() ? drafts_.at(oid).identity : drafts_.at(place->second.first).leaves[place->second.second].identity;
      if (is_true(r, row, 1)) identity.index.emplace_back(field_of(r, row, 3));
      if (is_true(r, row, 2)) identity.primary.emplace_back(field_of(r, row, 3));
    }
  }

  void finish(Draft& draft) const {
    const std::vector<std::string>* configured = nullptr;
    for (const auto& [table, columns] : selection_.keys) {
      if (table == draft.schema.name.text()) configured = &columns;
    }
    choose_key(draft.schema, draft.identity, configured);
    for (const LeafFacts& leaf : draft.leaves) check_leaf(draft.schema, leaf);
  }

  Connection& connection_;
  const TableSelection& selection_;
  Drafts drafts_;
  std::map<Oid, std::pair<Oid, size_t>> leaf_places_;  // its root, and its place there
  std::vector<std::string> closed_schemas_, unreadable_, row_security_;
  Findings findings_;
};

}  // namespace

std::vector<SchemaRef> describe_tables(Connection& connection, const TableSelection& selection) {
  return Describer(connection, selection).run();
}

}  // namespace tidemark::postgres
