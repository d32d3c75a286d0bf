#include "engine/mysql/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "base/log.h"
#include "engine/mysql/checks.h"
#include "engine/mysql/column_facts.h"
#include "engine/mysql/default_value.h"
#include "engine/mysql/dialect.h"
#include "engine/mysql/enum_labels.h"
#include "engine/mysql/types.h"

namespace tidemark::mysql {

namespace {

constexpr const char* kSystemSchemas = "('mysql','information_schema','performance_schema','sys')";

struct Draft {
  TableSchema schema;
  std::vector<ColumnFacts> columns;
  std::map<std::string, IndexFacts> indexes;
};
using Drafts = std::map<TableName, Draft>;

std::string text(const Cell& cell) { return cell.value_or(std::string()); }

std::optional<uint64_t> number(const Cell& cell) {
  uint64_t n = 0;
  if (!cell || std::from_chars(cell->data(), cell->data() + cell->size(), n).ec != std::errc()) return std::nullopt;
  return n;
}

std::set<TableName> names_of(const Drafts& drafts) {
  std::set<TableName> names;
  for (const auto& [name, draft] : drafts) names.insert(name);
  return names;
}

Draft* find(Drafts& drafts, const Cell& database, const Cell& table) {
  const auto it = drafts.find({text(database), text(table)});
  return it == drafts.end() ? nullptr : &it->second;
}

// Views and sequences are passed over: they have no rows of their own in the log that would be theirs.
Drafts list_tables(Connection& connection, const TableSelection& selection, std::vector<std::string>& refused) {
  Drafts drafts;
  const auto rows =
      connection.query(fmt::format("SELECT table_schema, table_name, table_type, engine, table_rows FROM information_schema.tables "
                                   "WHERE table_schema NOT IN {}",
                                   kSystemSchemas));
  for (const ResultRow& row : rows) {
    const TableName name{text(row[0]), text(row[1])};
    if (!selection.matches(name)) continue;
    const std::string type = text(row[2]), engine = text(row[3]);
    if (type == "SYSTEM VERSIONED") {
      refused.push_back(fmt::format("{} is system-versioned: its history rows cannot be told from changes", printable(name.text())));
    } else if (type == "BASE TABLE" && engine != "InnoDB") {
      refused.push_back(fmt::format("{} uses the engine {}, which has no consistent snapshot (ALTER TABLE {} ENGINE=InnoDB)",
                                    printable(name.text()), engine.empty() ? "(broken)" : engine, printable(quote_name(name))));
    } else if (type == "BASE TABLE") {
      Draft& draft = drafts[name];
      draft.schema.name = name;
      draft.schema.rows_estimated = number(row[4]).value_or(0);
    }
  }
  return drafts;
}

void read_indexes(Connection& connection, Drafts& drafts) {
  std::string visible = "'YES'";
  if (connection.is_mariadb() && connection.version() >= 100600) visible = "IF(ignored = 'NO', 'YES', 'NO')";
  if (!connection.is_mariadb() && connection.version() >= 80000) visible = "is_visible";
  const auto rows = connection.query(
      fmt::format("SELECT table_schema, table_name, index_name, column_name, sub_part, index_type, {} FROM information_schema.statistics "
                  "WHERE non_unique = 0 AND {} ORDER BY table_schema, table_name, index_name, seq_in_index",
                  visible, table_scope(names_of(drafts), "table_schema", "table_name")));
  for (const ResultRow& row : rows) {
    Draft* draft = find(drafts, row[0], row[1]);
    if (!draft) continue;
    IndexFacts& index = draft->indexes[text(row[2])];
    index.name = text(row[2]);
    index.columns.push_back(text(row[3]));
    if (!row[3] || row[4] || text(row[5]) != "BTREE" || text(row[6]) != "YES") index.usable = false;
  }
}

std::vector<std::string> own_grants(Connection& connection) {
  std::vector<std::string> lines;
  try {
    for (const ResultRow& row : connection.query("SHOW GRANTS")) lines.push_back(text(row[0]));
  } catch (const Error& e) {  // a server that runs without its grant tables
    if (e.kind() == ErrorKind::source_unavailable || e.kind() == ErrorKind::interrupted) throw;
  }
  return lines;
}

// A user without SELECT still sees a table in information_schema when it holds any other privilege there, and with column privileges
// only it sees some of the columns. So SELECT is tried, many tables a statement, where the grants do not prove it for a whole database.
void probe_select(Connection& connection, const Drafts& drafts) {
  const std::vector<std::string> grants = own_grants(connection);
  std::map<std::string, bool> covered;
  std::vector<std::string> missing;
  const auto probe = [&](const std::vector<const TableName*>& names) {
    std::string sql;
    for (const TableName* name : names) {
      sql += fmt::format("{}(SELECT 1 FROM (SELECT * FROM {} LIMIT 0) p)", sql.empty() ? "" : " UNION ALL ", quote_name(*name));
    }
    try {
      connection.execute(sql);
      return true;
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::credentials) throw;
      return false;
    }
  };
  std::vector<const TableName*> batch;
  const auto flush = [&] {
    if (!batch.empty() && !probe(batch)) {
      for (const TableName* name : batch) {
        if (!probe({name})) missing.push_back(quote_name(*name));
      }
    }
    batch.clear();
  };
  for (const auto& [name, draft] : drafts) {
    const auto known = covered.find(name.database);
    if (known == covered.end() ? (covered[name.database] = grants_cover(grants, "SELECT", name.database)) : known->second) continue;
    batch.push_back(&name);
    if (batch.size() == 50) flush();
  }
  flush();
  if (missing.empty()) return;
  const std::string user = connection.query_text("SELECT CURRENT_USER()");
  const size_t at = user.rfind('@');
  std::string hint;
  for (const std::string& name : missing) {
    hint += fmt::format("GRANT SELECT ON {} TO {}@{}; ", printable(name), quote_text(user.substr(0, at)), quote_text(user.substr(at + 1)));
  }
  throw Error(ErrorKind::credentials, "reading the captured tables",
              fmt::format("no SELECT privilege on {} of them, the first is {}", missing.size(), printable(missing.front())), hint);
}

void warn_of_cascades(Connection& connection, Drafts& drafts, std::vector<std::string>& warnings) {
  if (!connection.is_mariadb() && connection.version() >= 90600) return;  // changes of child tables are logged since then
  const auto rows = connection.query(fmt::format(
      "SELECT constraint_schema, table_name, constraint_name, update_rule, delete_rule FROM information_schema.referential_constraints "
      "WHERE {} AND (update_rule IN ('CASCADE','SET NULL') OR delete_rule IN ('CASCADE','SET NULL')) ORDER BY 1, 2, 3",
      table_scope(names_of(drafts), "constraint_schema", "table_name")));
  for (const ResultRow& row : rows) {
    if (!find(drafts, row[0], row[1])) continue;
    warnings.push_back(
        fmt::format("foreign key {} of {}.{} (ON UPDATE {}, ON DELETE {}): rows that it changes are not in the log and will differ at the "
                    "sink; use ON DELETE RESTRICT and let the application delete child rows",
                    printable(text(row[2])), printable(text(row[0])), printable(text(row[1])), text(row[3]), text(row[4])));
  }
}

// An exact name in the configuration that matches nothing is a mistake, not an empty selection.
void check_named_tables(const TableSelection& selection, const Drafts& drafts, const std::vector<std::string>& refused) {
  for (const std::string& pattern : selection.include) {
    if (pattern.find_first_of("*?") != std::string::npos) continue;
    const bool found = std::any_of(drafts.begin(), drafts.end(), [&](const auto& entry) { return entry.first.text() == pattern; });
    const bool excluded = std::any_of(selection.exclude.begin(), selection.exclude.end(), [&](const std::string& e) {
      return TableSelection{{e}, {}, {}}.matches({pattern.substr(0, pattern.find('.')), pattern.substr(pattern.find('.') + 1)});
    });
    if (!found && !excluded && refused.empty()) {
      throw Error(ErrorKind::config, fmt::format("table {}", printable(pattern)),
                  "it does not exist, is a view, or this user may not see it",
                  "check the name's spelling and case, and the user's SELECT privilege");
    }
  }
}

const std::vector<std::string>* configured_key(const TableSelection& selection, const TableName& name) {
  for (const auto& [table, columns] : selection.keys) {
    if (table == name.text()) return &columns;
  }
  return nullptr;
}

void finish(Connection& connection, Draft& draft, const TableSelection& selection) {
  TableSchema& schema = draft.schema;
  schema.source_columns = static_cast<uint16_t>(draft.columns.size());
  for (ColumnFacts& facts : draft.columns) {
    if (is_generated(facts)) continue;
    if (labels_in_doubt(facts)) resolve_labels(connection, schema.name, facts);
    schema.columns.push_back(make_column(facts, fmt::format("column {} of {}", printable(facts.name), printable(schema.name.text()))));
    schema.columns.back().default_value = constant_default(facts, schema.columns.back(), connection.is_mariadb());
  }
  std::vector<IndexFacts> indexes;
  for (auto& [name, index] : draft.indexes) indexes.push_back(std::move(index));
  choose_key(schema, indexes, configured_key(selection, schema.name));
}

/// Index into table.columns of each name; empty when one is missing or may be NULL.
std::vector<uint16_t> key_of(const TableSchema& table, const std::vector<std::string>& names) {
  std::vector<uint16_t> key;
  for (const std::string& name : names) {
    const int i = table.find_column(name);
    if (i < 0 || table.columns[static_cast<size_t>(i)].nullable) return {};
    key.push_back(static_cast<uint16_t>(i));
  }
  return key;
}

}  // namespace

void choose_key(TableSchema& table, const std::vector<IndexFacts>& indexes, const std::vector<std::string>* configured) {
  if (configured) {
    const std::string what = fmt::format("the configured key of {}", printable(table.name.text()));
    for (const std::string& name : *configured) {
      const int i = table.find_column(name);
      if (i < 0) throw Error(ErrorKind::config, what, fmt::format("the table has no column {}", printable(name)), "correct the key");
      if (table.columns[static_cast<size_t>(i)].nullable) {
        throw Error(ErrorKind::config, what, fmt::format("column {} may be NULL", printable(name)),
                    fmt::format("ALTER TABLE {} MODIFY {} {} NOT NULL, or choose other columns", printable(quote_name(table.name)),
                                printable(quote_name(name)), table.columns[static_cast<size_t>(i)].native_type));
      }
      table.key.push_back(static_cast<uint16_t>(i));
    }
    table.key_origin = KeyOrigin::configured;
    return;
  }
  for (const IndexFacts& index : indexes) {
    if (!index.usable) continue;
    std::vector<uint16_t> key = key_of(table, index.columns);
    if (key.empty()) continue;
    const bool primary = index.name == "PRIMARY";
    if (primary || table.key.empty() || (table.key_origin == KeyOrigin::unique && key.size() < table.key.size())) {
      table.key = std::move(key);
      table.key_origin = primary ? KeyOrigin::primary : KeyOrigin::unique;
    }
    if (primary) return;
  }
}

std::vector<SchemaRef> describe_tables(Connection& connection, const TableSelection& selection, std::vector<std::string>* cascades) {
  std::vector<std::string> refused;
  Drafts drafts = list_tables(connection, selection, refused);
  check_named_tables(selection, drafts, refused);
  std::vector<SchemaRef> schemas;
  if (!drafts.empty()) {
    probe_select(connection, drafts);
    for (auto& [name, columns] : read_column_facts(connection, names_of(drafts))) drafts[name].columns = std::move(columns);
    read_indexes(connection, drafts);
    if (cascades) warn_of_cascades(connection, drafts, *cascades);
  }
  for (auto& [name, draft] : drafts) {
    try {
      finish(connection, draft, selection);
      schemas.push_back(std::make_shared<const TableSchema>(std::move(draft.schema)));
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::unsupported) throw;
      refused.push_back(e.what());
    }
  }
  if (!refused.empty()) {
    if (refused.size() > 10) {
      const size_t more = refused.size() - 10;
      refused.resize(10);
      refused.push_back(fmt::format("and {} more", more));
    }
    throw Error(ErrorKind::unsupported, "the selected tables cannot all be captured", fmt::format("{}", fmt::join(refused, "; ")),
                "leave them out with tables.exclude, or change them as said");
  }
  return schemas;
}

std::string index_of_key(Connection& connection, const TableSchema& table) {
  if (table.key_origin == KeyOrigin::primary) return "PRIMARY";
  std::map<std::string, std::vector<std::string>> indexes;
  const auto rows = connection.query(fmt::format(
      "SELECT index_name, column_name, sub_part FROM information_schema.statistics WHERE table_schema = {} AND table_name = {} AND "
      "index_type = 'BTREE'{} ORDER BY index_name, seq_in_index",
      hex_literal(table.name.database, true), hex_literal(table.name.table, true),
      !connection.is_mariadb() && connection.version() >= 80000 ? " AND is_visible = 'YES'" : ""));
  for (const ResultRow& row : rows) indexes[text(row[0])].push_back(row[2] ? std::string() : text(row[1]));
  for (const auto& [name, columns] : indexes) {
    bool same = columns.size() >= table.key.size();
    for (size_t i = 0; same && i < table.key.size(); ++i) same = columns[i] == table.columns[table.key[i]].name;
    if (same) return name;
  }
  return {};
}

}  // namespace tidemark::mysql
