#include "engine/postgres/publication.h"

#include <fmt/format.h>

#include <set>

#include "base/log.h"
#include "engine/postgres/dialect.h"
#include "tidemark/error.h"

namespace tidemark::postgres {
namespace {

constexpr const char* kDoing = "looking at the publication";
constexpr const char* kMark = "made by tidemark for one of its pipelines; 'tidemark drop' removes it";
constexpr const char* kViaRoot = "publish_via_partition_root = true";

std::string list_of(const std::vector<TableName>& tables) {
  std::string list;
  for (const TableName& table : tables) {
    list += fmt::format("{}{}", list.empty() ? "" : ", ONLY ", quote_name(table.database, table.table));
  }
  return "ONLY " + list;
}

std::string create_statement(const std::string& name, const std::vector<TableName>& tables) {
  return fmt::format("CREATE PUBLICATION {} FOR TABLE {} WITH ({});", quote_name(name), list_of(tables), kViaRoot);
}

std::string add_statement(const std::string& name, const std::vector<TableName>& tables) {
  return fmt::format("ALTER PUBLICATION {} ADD TABLE {};", quote_name(name), list_of(tables));
}

std::string what(const std::string& name) { return fmt::format("publication {}", printable(name)); }

Result run_for(Connection& connection, const std::string& sql, const std::string& name) {
  Params params;
  params.add_text(name);
  return connection.run(sql, params, kDoing);
}

std::set<TableName> published_tables(Connection& connection, const std::string& name) {
  const Result result = run_for(connection, "SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = $1", name);
  std::set<TableName> tables;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    tables.insert({std::string(field_of(result.get(), row, 0)), std::string(field_of(result.get(), row, 1))});
  }
  return tables;
}

/// What the publication leaves out of its tables (PostgreSQL 15 and later can).
void check_whole_tables(Connection& connection, const std::string& name, const std::vector<SchemaRef>& tables) {
  if (connection.version_number() < 150000) return;
  const Result result = run_for(
      connection,
      "SELECT n.nspname, c.relname, r.prqual IS NOT NULL FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid "
      "JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE p.pubname = $1 AND (r.prqual IS NOT NULL "
      "OR "
      "r.prattrs IS NOT NULL AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND "
      "a.attgenerated = '' AND NOT a.attnum = ANY (r.prattrs::int2[])))",
      name);
  std::set<TableName> captured;
  for (const SchemaRef& table : tables) captured.insert(table->name);
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    const TableName table{std::string(field_of(result.get(), row, 0)), std::string(field_of(result.get(), row, 1))};
    if (captured.count(table) == 0) continue;
    throw Error(ErrorKind::server_settings, what(name),
                fmt::format("it leaves out {} of {}", field_of(result.get(), row, 2) == "t" ? "rows" : "columns", printable(table.text())),
                printable(fmt::format("ALTER PUBLICATION {0} DROP TABLE ONLY {1}; ALTER PUBLICATION {0} ADD TABLE ONLY {1};",
                                      quote_name(name), quote_name(table.database, table.table))));
  }
}

/// Without publish_via_partition_root the changes come under the names of the partitions.
void check_partitioned(Connection& connection, const std::string& name, const std::vector<TableName>& lacking) {
  const Result result = connection.run(
      "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'p'", kDoing);
  std::set<TableName> partitioned;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    partitioned.insert({std::string(field_of(result.get(), row, 0)), std::string(field_of(result.get(), row, 1))});
  }
  for (const TableName& table : lacking) {
    if (partitioned.count(table) == 0) continue;
    throw Error(ErrorKind::server_settings, what(name),
                fmt::format("it publishes {} under the names of its partitions", printable(table.text())),
                fmt::format("ALTER PUBLICATION {} SET ({});", printable(quote_name(name)), kViaRoot));
  }
}

/// A role that may not do this itself gets the statement for one that may.
void run_or_hand_over(Connection& connection, const std::string& sql, const std::string& statement, const std::string& name) {
  try {
    connection.run(sql, "publishing the captured tables");
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::credentials && e.server_code() != "25006") throw;
    const bool standby = e.server_code() == "25006";
    throw Error(standby ? ErrorKind::server_settings : ErrorKind::credentials, what(name), e.cause(),
                fmt::format("{}: {}", standby ? "on the primary" : "as the owner of the tables or a superuser", printable(statement)));
  }
}

}  // namespace

Publication check_publication(Connection& connection, const std::string& name, const std::vector<SchemaRef>& tables) {
  const Result result = run_for(connection,
                                "SELECT pubinsert AND pubupdate AND pubdelete AND pubtruncate, pubviaroot, "
                                "COALESCE(obj_description(oid, 'pg_publication'), '') FROM pg_publication WHERE pubname = $1",
                                name);
  Publication publication;
  if (PQntuples(result.get()) == 0) {
    for (const SchemaRef& table : tables) publication.lacking.push_back(table->name);
    return publication;
  }
  publication.exists = true;
  publication.ours = field_of(result.get(), 0, 2) == kMark;
  if (field_of(result.get(), 0, 0) != "t") {
    throw Error(ErrorKind::server_settings, what(name), "it does not publish every kind of change",
                fmt::format("ALTER PUBLICATION {} SET (publish = 'insert, update, delete, truncate');", printable(quote_name(name))));
  }
  check_whole_tables(connection, name, tables);
  const std::set<TableName> published = published_tables(connection, name);
  for (const SchemaRef& table : tables) {
    if (published.count(table->name) == 0) publication.lacking.push_back(table->name);
  }
  if (!publication.lacking.empty() && field_of(result.get(), 0, 1) != "t") check_partitioned(connection, name, publication.lacking);
  return publication;
}

void ensure_publication(Connection& connection, const std::string& name, const std::vector<SchemaRef>& tables) {
  const Publication publication = check_publication(connection, name, tables);
  if (publication.lacking.empty()) return;
  if (!publication.exists) {
    const std::string statement = create_statement(name, publication.lacking);
    run_or_hand_over(connection, fmt::format("{} COMMENT ON PUBLICATION {} IS {}", statement, quote_name(name), quote_literal(kMark)),
                     statement, name);
    spdlog::info("publication {} made for {} tables", printable(name), publication.lacking.size());
    return;
  }
  const std::string statement = add_statement(name, publication.lacking);
  if (!publication.ours) {
    throw Error(ErrorKind::server_settings, what(name),
                fmt::format("it does not publish {} of the captured tables, the first is {}", publication.lacking.size(),
                            printable(publication.lacking.front().text())),
                printable(statement));
  }
  run_or_hand_over(connection, statement, statement, name);
  spdlog::info("publication {} extended by {} tables", printable(name), publication.lacking.size());
}

void publish_only(Connection& connection, const std::string& name, const std::vector<SchemaRef>& tables) {
  if (!made_by_tidemark(connection, name)) return;
  std::set<uint64_t> wanted;
  for (const SchemaRef& table : tables) wanted.insert(table->source_id);
  if (wanted.count(0) != 0) return;
  const Result result = run_for(connection,
                                "SELECT c.oid, n.nspname, c.relname FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid "
                                "JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE p.pubname = $1",
                                name);
  std::vector<TableName> others;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    if (wanted.count(number_of(field_of(result.get(), row, 0))) != 0) continue;
    others.push_back({std::string(field_of(result.get(), row, 1)), std::string(field_of(result.get(), row, 2))});
  }
  if (others.empty()) return;
  const std::string statement = fmt::format("ALTER PUBLICATION {} DROP TABLE {};", quote_name(name), list_of(others));
  try {
    connection.run(statement, "taking tables out of the publication");
    spdlog::info("publication {}: {} tables are not captured any more and were taken out of it", printable(name), others.size());
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::interrupted || e.kind() == ErrorKind::source_unavailable) throw;
    spdlog::warn("publication {} still publishes tables that are not captured any more: {}; a role that may can end that: {}",
                 printable(name), e.cause(), printable(statement));
  }
}

bool made_by_tidemark(Connection& connection, const std::string& name) {
  const Result result =
      run_for(connection, "SELECT COALESCE(obj_description(oid, 'pg_publication'), '') FROM pg_publication WHERE pubname = $1", name);
  return PQntuples(result.get()) != 0 && field_of(result.get(), 0, 0) == kMark;
}

void drop_publication(Connection& connection, const std::string& name) {
  connection.run(fmt::format("DROP PUBLICATION {}", quote_name(name)), "dropping the publication");
}

}  // namespace tidemark::postgres
