#include "engine/mysql/sink_table_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/failpoint.h"
#include "base/findings.h"
#include "base/log.h"
#include "engine/mysql/dialect.h"
#include "engine/mysql/sink_own_tables.h"
#include "engine/mysql/sink_types.h"
#include "tidemark/error.h"

namespace tidemark::mysql {
namespace {

constexpr size_t kNameCharactersMax = 64;

/// As the server compares names of columns, and of tables where lower_case_table_names says so. Beyond ASCII the server is asked.
std::string fold(std::string name) {
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

size_t characters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

TableName place_of(const SinkSession& session, const SinkTable& table) {
  if (!session.folds_names()) return {table.target_schema, table.target_table};
  return {fold(table.target_schema), fold(table.target_table)};
}

std::vector<TableName> places_of(const SinkSession& session, const std::vector<SinkTable>& tables) {
  std::vector<TableName> places;
  for (const SinkTable& table : tables) places.push_back(place_of(session, table));
  return places;
}

std::string text_of(const SinkTable& table) { return printable(table.target_schema + "." + table.target_table); }

ServerFlavour flavour_of(const SinkSession& session) {
  return {session.is_mariadb() ? Flavour::mariadb : Flavour::mysql, session.version_number()};
}

bool in_key(const TableSchema& schema, size_t column) {
  return std::find(schema.key.begin(), schema.key.end(), column) != schema.key.end();
}

/// Two source tables in one target, a target among our own tables, names that the server does not take.
void check_names(const SinkSession& session, const std::vector<SinkTable>& tables, const SinkConfig& config) {
  std::map<TableName, std::string> taken;
  const std::string own = session.folds_names() ? fold(config.tidemark_schema) : config.tidemark_schema;
  for (const char* name : kOwnTableNames) taken[{own, name}] = "tidemark's own table";
  for (const SinkTable& table : tables) {
    const std::string source = table.schema->name.text(), doing = fmt::format("preparing {}", printable(source));
    auto [place, is_new] = taken.emplace(place_of(session, table), source);
    if (!is_new) {
      throw Error(ErrorKind::config, doing, fmt::format("its target {} is that of {} as well", text_of(table), printable(place->second)),
                  "give them different targets with target.schema and target.table, e.g. table: \"{database}_{table}\"");
    }
    if (characters(table.target_schema) > kNameCharactersMax || characters(table.target_table) > kNameCharactersMax) {
      throw Error(ErrorKind::config, doing, fmt::format("the name of its target {} has more than 64 characters", text_of(table)),
                  "choose shorter names with target.schema and target.table");
    }
  }
}

/// The types of all columns, those that the user named among them.
std::vector<std::string> types_of(const SinkTable& table, const ServerFlavour& server) {
  std::vector<std::string> given;
  for (size_t i = 0; i < table.schema->columns.size(); ++i) given.push_back(table.rule(i).type);
  return sink_column_types(*table.schema, server, given);
}

std::string create_table_sql(const TableName& place, const SinkTable& table, const ServerFlavour& server) {
  const TableSchema& schema = *table.schema;
  const std::vector<std::string> types = types_of(table, server);
  std::string sql = fmt::format("CREATE TABLE IF NOT EXISTS {} (", quote_name(place));
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    sql += fmt::format("{}{} {} {}", i > 0 ? ", " : "", quote_name(schema.columns[i].name), types[i],
                       sink_column_attributes(schema, i, types[i], table.rule(i).unfit == Unfit::null && !in_key(schema, i)));
  }
  std::string key;
  for (const uint16_t i : schema.key) key += (key.empty() ? "" : ",") + quote_name(schema.columns[i].name);
  if (!key.empty()) sql += fmt::format(", PRIMARY KEY ({})", key);
  return sql + fmt::format(") ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {}",
                           server.is_mariadb() ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin");
}

void create_missing(SinkSession& session, const std::vector<SinkTable>& tables, const std::vector<SinkCatalogTable>& found) {
  std::vector<std::string> databases;
  for (size_t i = 0; i < tables.size(); ++i) {
    if (!found[i].exists) databases.push_back(place_of(session, tables[i]).database);
  }
  for (const std::string& name : missing_databases(session, databases)) {
    session.run(fmt::format("CREATE DATABASE IF NOT EXISTS {} CHARACTER SET utf8mb4", quote_name(name)),
                fmt::format("creating database {}", printable(name)));
  }
  for (size_t i = 0; i < tables.size(); ++i) {
    if (found[i].exists) continue;
    session.run(create_table_sql(place_of(session, tables[i]), tables[i], flavour_of(session)),
                fmt::format("creating table {}", text_of(tables[i])));
    failpoint("mysql_sink.table_created");
  }
}

void check_columns(const SinkTable& table, const SinkCatalogTable& found, const ServerFlavour& server, SinkTarget& target,
                   Findings& findings) {
  const TableSchema& schema = *table.schema;
  std::set<std::string> used;
  const std::vector<std::string> types = types_of(table, server);
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    const Column& column = schema.columns[i];
    const std::string shown = printable(column.name), quoted = quote_name(column.name);
    auto at = std::find_if(found.columns.begin(), found.columns.end(), [&](const ColumnFacts& c) { return c.name == column.name; });
    if (at == found.columns.end()) {
      at =
          std::find_if(found.columns.begin(), found.columns.end(), [&](const ColumnFacts& c) { return fold(c.name) == fold(column.name); });
    }
    if (at == found.columns.end()) {
      findings.add(fmt::format("column {} is missing", shown),
                   fmt::format("ALTER TABLE {} ADD COLUMN {} {}", target.quoted, quoted, types[i]));
      continue;
    }
    if (!used.insert(at->name).second)
      findings.add(fmt::format("column {} would hold two columns of the source", shown), "name another table");
    const TargetColumn at_sink = make_target_column(*at);
    const std::string modify = fmt::format("ALTER TABLE {} MODIFY {} {}", target.quoted, quoted, types[i]);
    const bool key = in_key(schema, i);
    // the user's word that the type will do; then every value is checked
    if (table.rule(i).type.empty()) {
      if (auto why = misfit(column, at_sink, key)) findings.add(fmt::format("column {}: {}", shown, *why), modify);
    }
    if (key) {
      if (auto why = key_misfit(column, at_sink)) findings.add(fmt::format("key column {}: {}", shown, *why), modify);
    }
    if (at_sink.is_generated) findings.add(fmt::format("column {} is generated", shown), modify);
    if (!at->nullable && column.nullable)
      findings.add(fmt::format("column {} is NOT NULL, at the source it is not", shown), modify + " NULL");
    target.codecs.push_back(make_codec(column, at_sink, server, key, table.rule(i)));
    target.columns.push_back(quote_name(at->name));
  }
  for (const ColumnFacts& facts : found.columns) {
    if (used.count(facts.name) != 0 || make_target_column(facts).has_default) continue;
    findings.add(fmt::format("column {} is not at the source, is NOT NULL and has no default", printable(facts.name)),
                 fmt::format("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT ...", target.quoted, quote_name(facts.name)));
  }
}

void check_indexes(const TableSchema& schema, const SinkCatalogTable& found, SinkTarget& target, Findings& findings) {
  std::set<std::string> key;
  for (const uint16_t i : schema.key) key.insert(fold(schema.columns[i].name));
  bool has_key = false;
  for (const IndexFacts& index : found.unique_indexes) {
    std::set<std::string> columns;
    for (const std::string& column : index.columns) columns.insert(fold(column));
    if (index.usable && schema.has_key() && columns == key) {
      has_key = true;
      continue;
    }
    target.only_unique_key = false;
    spdlog::info("{}: unique index {} besides the key; rows that collide there stop the pipeline", target.name, printable(index.name));
  }
  if (schema.has_key() && !has_key) {
    findings.add("it has no primary key or unique index on exactly the key columns",
                 fmt::format("ALTER TABLE {} ADD PRIMARY KEY ({})", target.quoted, key_columns(schema)));
  }
}

SinkTarget check_table(const SinkSession& session, const SinkTable& table, const SinkCatalogTable& found) {
  SinkTarget target;
  target.schema = table.schema;
  target.place = place_of(session, table);
  target.name = text_of(table);
  target.quoted = quote_name(target.place);
  target.doing = "writing to " + target.name;
  const std::string doing = fmt::format("preparing table {}", target.name);
  if (!found.exists) {
    throw Error(ErrorKind::data, doing, "the server does not show the table that was created",
                "grant SELECT on it to tidemark's user; where lower_case_table_names is set, use names in lower case");
  }
  if (found.type != "BASE TABLE") {
    throw Error(ErrorKind::data, doing, fmt::format("it is not an ordinary table ({})", printable(found.type)),
                "choose another target.schema or target.table");
  }
  if (found.engine != "InnoDB") {
    throw Error(ErrorKind::data, doing, fmt::format("its engine {} has no transactions", printable(found.engine)),
                fmt::format("ALTER TABLE {} ENGINE=InnoDB", target.quoted));
  }
  Findings findings;
  check_columns(table, found, flavour_of(session), target, findings);
  check_indexes(*table.schema, found, target, findings);
  findings.throw_if_any(fmt::format("preparing table {}", text_of(table)));
  if (!found.triggers.empty()) {
    spdlog::warn("{}: trigger {} fires for the rows that tidemark writes; this server has no way to switch it off for one session",
                 target.name, printable(found.triggers.front()));
  }
  return target;
}

}  // namespace

SetUpTargets set_up_targets(SinkSession& session, const std::vector<SinkTable>& tables, const SinkConfig& config,
                            const std::function<void(const std::vector<TableName>&)>& forget) {
  check_names(session, tables, config);
  const std::vector<TableName> places = places_of(session, tables);
  std::vector<SinkCatalogTable> found = read_sink_catalog(session, places);
  SetUpTargets out;
  out.prepared.resize(tables.size());
  std::vector<TableName> lost, existing;
  std::vector<size_t> look;
  for (size_t i = 0; i < tables.size(); ++i) {
    out.prepared[i].created = !found[i].exists;
    if (!found[i].exists && tables[i].captured) lost.push_back(tables[i].schema->name);
    if (!found[i].exists) continue;
    existing.push_back(places[i]);
    look.push_back(i);
  }
  if (look.size() < tables.size()) {
    if (!lost.empty()) forget(lost);
    failpoint("mysql_sink.lost_forgotten");
    create_missing(session, tables, found);
    found = read_sink_catalog(session, places);
  }
  for (size_t i = 0; i < tables.size(); ++i) out.targets.push_back(check_table(session, tables[i], found[i]));
  const std::vector<bool> empty = empty_tables(session, existing);
  for (size_t i = 0; i < look.size(); ++i) out.prepared[look[i]].was_empty = empty[i];
  return out;
}

std::vector<SinkTarget> bind_targets(SinkSession& session, const std::vector<SinkTable>& tables, const SinkConfig& config) {
  check_names(session, tables, config);
  const std::vector<SinkCatalogTable> found = read_sink_catalog(session, places_of(session, tables));
  std::string missing;
  for (size_t i = 0; i < tables.size(); ++i) {
    if (!found[i].exists) missing += (missing.empty() ? "" : ", ") + text_of(tables[i]);
  }
  if (!missing.empty()) {
    throw Error(ErrorKind::data, "reading the sink", "it lacks " + missing, "copy first: tidemark run, or tidemark snapshot");
  }
  std::vector<SinkTarget> out;
  for (size_t i = 0; i < tables.size(); ++i) out.push_back(check_table(session, tables[i], found[i]));
  return out;
}

}  // namespace tidemark::mysql
