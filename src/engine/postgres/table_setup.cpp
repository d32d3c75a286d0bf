#include "engine/postgres/table_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/failpoint.h"
#include "base/findings.h"
#include "base/log.h"
#include "engine/postgres/dialect.h"
#include "engine/postgres/row_sql.h"
#include "tidemark/error.h"

namespace tidemark::postgres {
namespace {

constexpr size_t kTablesPerTransaction = 50;  // each takes several locks; max_locks_per_transaction is small by default

RelationName target_name(const SinkTable& table) { return {sink_name(table.target_schema), sink_name(table.target_table)}; }

std::string quoted_target(const SinkTable& table) {
  RelationName name = target_name(table);
  return quote_name(name.schema, name.table);
}

std::string text_of(const SinkTable& table) { return printable(table.target_schema + "." + table.target_table); }

bool in_key(const TableSchema& schema, size_t column) {
  return std::find(schema.key.begin(), schema.key.end(), column) != schema.key.end();
}

/// Two source tables in one target, or a target among our own tables.
void check_names(const std::vector<SinkTable>& tables, const SinkConfig& config) {
  std::map<std::string, std::string> taken;
  for (const char* own : {"position", "chunk", "captured", "version"})
    taken[quote_name(config.tidemark_schema, own)] = "tidemark's own table";
  for (const SinkTable& table : tables) {
    const std::string source = table.schema->name.text();
    auto [place, is_new] = taken.emplace(quoted_target(table), source);
    if (!is_new) {
      throw Error(ErrorKind::config, fmt::format("preparing {}", printable(source)),
                  fmt::format("its target {} is that of {} as well", text_of(table), printable(place->second)),
                  "give them different targets with target_schema and target_table, e.g. target_table: \"{database}_{table}\"");
    }
    if (table.target_schema.size() > kNameBytesMax || table.target_table.size() > kNameBytesMax) {
      spdlog::warn("{}: a name longer than 63 bytes, the target is called {}", printable(source), printable(quoted_target(table)));
    }
  }
}

void create_missing(Connection& connection, const std::vector<SinkTable>& tables, const std::vector<CatalogTable>& found,
                    const SinkConfig& config, const std::function<void(const SinkTable&)>& created) {
  std::set<std::string> wanted;
  std::vector<const SinkTable*> missing;
  for (size_t i = 0; i < tables.size(); ++i) {
    if (found[i].exists) continue;
    missing.push_back(&tables[i]);
    wanted.insert(target_name(tables[i]).schema);
  }
  const std::vector<std::string> schemas(wanted.begin(), wanted.end());
  const std::vector<bool> exists = existing_schemas(connection, schemas);
  for (size_t i = 0; i < schemas.size(); ++i) {
    if (!exists[i]) {
      connection.run("CREATE SCHEMA IF NOT EXISTS " + quote_name(schemas[i]),
                     fmt::format("creating schema {}", printable(schemas[i])).c_str());
    }
  }
  const NativeTypes types(connection, missing);
  for (size_t i = 0; i < missing.size(); ++i) {
    if (i % kTablesPerTransaction == 0) connection.run("BEGIN", "creating tables");
    connection.run(create_table_sql(*missing[i], types, config.zero_date), fmt::format("creating table {}", text_of(*missing[i])).c_str());
    created(*missing[i]);
    failpoint("postgres.table_created");
    if ((i + 1) % kTablesPerTransaction == 0 || i + 1 == missing.size()) connection.run("COMMIT", "creating tables");
  }
}

std::string wanted_type(const SinkTable& source, size_t column) {
  const std::string type = source.rule(column).type;
  return type.empty() ? default_sql_type(source.schema->columns[column]) : type;
}

bool folds_case(const SinkType& type) {
  const size_t dot = type.cast.rfind('.');
  return type.cast.substr(dot == std::string::npos ? 0 : dot + 1) == "citext";
}

/// A target's enum must have every label of the source's.
void check_labels(const Column& column, const SinkType& type, const TargetTable& target, const std::string& quoted, Findings& findings) {
  if (!type.is_enum || column.family != TypeFamily::postgres) return;
  for (const std::string& label : column.labels) {
    if (std::find(type.labels.begin(), type.labels.end(), label) != type.labels.end()) continue;
    findings.add(fmt::format("column {}: the enum {} has not every label of the source's", quoted, type.sql),
                 fmt::format("ALTER TYPE {} ADD VALUE the labels that {}.{} lacks", type.sql, target.quoted, quoted));
    return;
  }
}

/// Values that the server would round, cut or refuse are to be noticed before.
void limit(const SinkType& type, ColumnCodec& codec) {
  if (type.wire == WireType::numeric) codec.modifier = type.modifier;
  if (type.wire == WireType::text && type.modifier > 4) codec.characters = static_cast<uint32_t>(type.modifier - 4);
}

void check_columns(const SinkTable& source, const CatalogTable& found, const SinkConfig& config, TargetTable& target, Findings& findings) {
  const TableSchema& schema = *source.schema;
  std::set<std::string> used;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    const Column& column = schema.columns[i];
    const std::string name = sink_column_name(column.name), shown = printable(column.name);
    auto at = std::find_if(found.columns.begin(), found.columns.end(), [&](const CatalogColumn& c) { return c.name == name; });
    if (at == found.columns.end()) {
      findings.add(fmt::format("column {} is missing", shown),
                   fmt::format("ALTER TABLE {} ADD COLUMN {} {}", target.quoted, quote_name(name), wanted_type(source, i)));
      continue;
    }
    used.insert(name);
    const ColumnRule rule = source.rule(i);
    if (auto why = misfit(column, at->type, rule)) {
      findings.add(fmt::format("column {}: {}", shown, *why),
                   fmt::format("ALTER TABLE {} ALTER COLUMN {} TYPE {}", target.quoted, quote_name(name), wanted_type(source, i)));
    }
    if (at->generated) {
      findings.add(fmt::format("column {} is generated", shown),
                   fmt::format("ALTER TABLE {} ALTER COLUMN {} DROP EXPRESSION", target.quoted, quote_name(name)));
    }
    const bool key = in_key(schema, i);
    if (at->identity_always) {
      target.overriding = true;
      // an insert may override it, an update may not
      if (!key) {
        findings.add(fmt::format("column {} is GENERATED ALWAYS AS IDENTITY", shown),
                     fmt::format("ALTER TABLE {} ALTER COLUMN {} SET GENERATED BY DEFAULT", target.quoted, quote_name(name)));
      }
    }
    check_labels(column, at->type, target, quote_name(name), findings);
    if (key && folds_case(at->type) && column.family == TypeFamily::postgres && at->type.sql != column.native_type) {
      findings.add(fmt::format("column {} identifies rows, and type {} takes texts of different case for equal", shown, at->type.sql),
                   fmt::format("ALTER TABLE {} ALTER COLUMN {} TYPE {}", target.quoted, quote_name(name), wanted_type(source, i)));
    }
    TargetColumn out;
    out.name = name;
    out.quoted = quote_name(name);
    out.type = at->type;
    out.type.wire = wire_for(column, at->type);
    out.unfit = rule.unfit;
    if (out.type.wire == WireType::float4_array) target.nestable = false;
    if (out.is_cast()) target.has_casts = true;
    out.in_key = key;
    out.codec.wire = out.type.wire;
    out.codec.in_key = key;
    out.codec.bits = column.kind == ValueKind::bits ? column.length : 0;
    out.codec.zero_date = zero_date_policy(rule, config.zero_date);
    out.codec.nul_character = rule.nul_character.value_or(config.nul_character);
    if (misfit(column, at->type)) limit(at->type, out.codec);  // accepted by the rule alone
    target.columns.push_back(std::move(out));
  }
  for (const CatalogColumn& column : found.columns) {
    if (used.count(column.name) || !column.not_null || column.has_default || column.identity || column.generated) continue;
    findings.add(fmt::format("column {} is not at the source, is NOT NULL and has no default", printable(column.name)),
                 fmt::format("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL", target.quoted, quote_name(column.name)));
  }
}

void check_key(const SinkTable& source, const CatalogTable& found, const TargetTable& target, Findings& findings) {
  const TableSchema& schema = *source.schema;
  if (!schema.has_key()) {
    if (found.kind == 'p') findings.add("a table without key cannot go into a partitioned table", "name a key under tables.keys");
    return;
  }
  std::set<std::string> key;
  std::string list;
  for (uint16_t i : schema.key) {
    key.insert(sink_column_name(schema.columns[i].name));
    list += (list.empty() ? "" : ",") + quote_name(sink_column_name(schema.columns[i].name));
  }
  bool has_key = false;
  for (const CatalogIndex& index : found.unique_indexes) {
    if (index.arbitrates && std::set<std::string>(index.columns.begin(), index.columns.end()) == key)
      has_key = true;
    else
      spdlog::info("{}: unique index {} besides the key; rows that collide there stop the pipeline", target.name, printable(index.name));
  }
  if (!has_key) {
    findings.add("it has no primary key or unique constraint (not deferrable, not partial) on exactly the key columns",
                 fmt::format("ALTER TABLE {} ADD PRIMARY KEY ({})", target.quoted, list));
  }
}

/// Sets was_empty of the tables that were there. Those that we write already are not looked into: with thousands of them that would take
/// most of the time of a start.
void find_empty(Connection& connection, const std::vector<SinkTable>& tables, const std::vector<RelationName>& names,
                std::vector<PreparedTable>& prepared) {
  const std::vector<std::optional<bool>> filled = ever_filled(connection, names);
  std::vector<size_t> unsure;
  std::vector<std::string> unsure_names;
  for (size_t i = 0; i < tables.size(); ++i) {
    if (prepared[i].created) continue;
    if (filled[i] && (!*filled[i] || tables[i].captured)) {
      prepared[i].was_empty = !*filled[i];
      continue;
    }
    unsure.push_back(i);
    unsure_names.push_back(quoted_target(tables[i]));
  }
  const std::vector<bool> empty = empty_tables(connection, unsure_names);
  for (size_t i = 0; i < unsure.size(); ++i) prepared[unsure[i]].was_empty = empty[i];
}

}  // namespace

std::string create_table_sql(const SinkTable& table, const NativeTypes& types, ZeroDatePolicy policy) {
  const TableSchema& schema = *table.schema;
  std::string sql = fmt::format("CREATE TABLE IF NOT EXISTS {} (", quoted_target(table));
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    const Column& column = schema.columns[i];
    const std::string name = sink_column_name(column.name);
    if (name != column.name)
      spdlog::warn("{}: column {} is called {} at the sink", text_of(table), printable(column.name), printable(name));
    sql += fmt::format("{}{} {}{}", i > 0 ? ", " : "", quote_name(name), types.type_of(table, i),
                       keeps_not_null(column, table.rule(i), policy, in_key(schema, i)) ? " NOT NULL" : "");
  }
  std::string key;
  for (uint16_t i : schema.key) key += (key.empty() ? "" : ",") + quote_name(sink_column_name(schema.columns[i].name));
  if (!key.empty()) sql += fmt::format(", PRIMARY KEY ({})", key);
  return sql + ")";
}

TargetTable check_table(const SinkTable& table, const CatalogTable& found, const SinkConfig& config) {
  TargetTable target;
  target.schema = table.schema;
  target.name = text_of(table);
  target.quoted = quoted_target(table);
  target.doing = "writing to " + target.name;
  target.is_partitioned = found.kind == 'p';
  if (found.kind != 'r' && found.kind != 'p') {
    throw Error(ErrorKind::data, fmt::format("preparing table {}", target.name), "it is not a table (a view or a foreign table)",
                "choose another target_schema or target_table");
  }
  Findings findings;
  check_columns(table, found, config, target, findings);
  check_key(table, found, target, findings);
  findings.throw_if_any(fmt::format("preparing table {}", text_of(table)));
  return target;
}

SetUpTables set_up_tables(Connection& connection, const std::vector<SinkTable>& tables, const SinkConfig& config,
                          const std::function<void(const SinkTable&)>& created) {
  check_names(tables, config);
  std::vector<RelationName> names;
  for (const SinkTable& table : tables) names.push_back(target_name(table));
  std::vector<CatalogTable> found = read_catalog(connection, names);

  SetUpTables out;
  out.prepared.resize(tables.size());
  bool missing = false;
  for (size_t i = 0; i < tables.size(); ++i) {
    out.prepared[i].created = !found[i].exists;
    missing = missing || !found[i].exists;
  }
  if (missing) {
    create_missing(connection, tables, found, config, created);
    failpoint("postgres.tables_created");
    found = read_catalog(connection, names);
  }
  for (size_t i = 0; i < tables.size(); ++i) {
    TargetTable target = check_table(tables[i], found[i], config);
    target.stage = quote_name(fmt::format("tidemark_stage_{}", i));
    out.tables.push_back(std::move(target));
  }
  find_empty(connection, tables, names, out.prepared);
  return out;
}

std::vector<TargetTable> bind_tables(Connection& connection, const std::vector<SinkTable>& tables, const SinkConfig& config) {
  std::vector<RelationName> names;
  for (const SinkTable& table : tables) names.push_back(target_name(table));
  const std::vector<CatalogTable> found = read_catalog(connection, names);
  std::string missing;
  for (size_t i = 0; i < tables.size(); ++i) {
    if (!found[i].exists) missing += (missing.empty() ? "" : ", ") + text_of(tables[i]);
  }
  if (!missing.empty()) {
    throw Error(ErrorKind::data, "reading the sink", "it lacks " + missing, "copy first: tidemark run, or tidemark snapshot");
  }
  std::vector<TargetTable> out;
  for (size_t i = 0; i < tables.size(); ++i) out.push_back(check_table(tables[i], found[i], config));
  return out;
}

}  // namespace tidemark::postgres
