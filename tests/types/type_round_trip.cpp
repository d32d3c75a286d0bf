#include "types/type_round_trip.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "servers/mysql_client.h"
#include "servers/pipeline_config.h"
#include "servers/postgres_client.h"
#include "servers/sqlite_file.h"
#include "servers/wait.h"
#include "types/documented_types.h"
#include "workload/pair.h"

namespace tidemark::test {

using namespace std::chrono_literals;

namespace {

// The places of equal rows: row k has key first + k in each of them.
constexpr int kCopied = 1, kInserted = 10001, kUpdated = 20001, kTouched = 30001;
constexpr int kStep = 10000;

SinkKind kind_of(const std::string& engine) {
  return engine == "sqlite" ? SinkKind::sqlite : engine == "postgres" ? SinkKind::postgres : SinkKind::mysql;
}

Dialect dialect_of(SinkKind kind) {
  return kind == SinkKind::sqlite ? Dialect::sqlite : kind == SinkKind::postgres ? Dialect::postgres : Dialect::mysql;
}

std::string sink_table(SinkKind kind, const std::string& table) { return sql_table(dialect_of(kind), kTypesDatabase, table); }

/// What PostgreSQL needs before its tables can be made: run at a source, and at a sink of the same kind.
constexpr const char* kExtensions =
    "CREATE EXTENSION IF NOT EXISTS citext SCHEMA public; CREATE EXTENSION IF NOT EXISTS ltree SCHEMA public;"
    "CREATE EXTENSION IF NOT EXISTS hstore SCHEMA public";

bool is_generated(const TypeCase& column) { return column.values.empty(); }

/// Those that statements name, in the order of TypeRoundTrip::literals().
std::vector<std::string> written_columns(const TypeTable& table, Dialect dialect) {
  std::vector<std::string> out;
  for (const TypeCase& column : table.columns) {
    if (!is_generated(column)) out.push_back(sql_name(dialect, column.column));
  }
  out.push_back("touched");
  return out;
}

std::string shown(const std::optional<std::string>& text) {
  if (!text) return "NULL";
  return text->size() > 160 ? fmt::format("{}... ({} bytes)", text->substr(0, 160), text->size()) : "'" + *text + "'";
}

}  // namespace

TypeRoundTrip::TypeRoundTrip(DatabaseServer& source, std::vector<TypeTable> tables, const std::vector<std::string>& sinks)
    : source_(source), from_postgres_(source.dialect() == Dialect::postgres), tables_(std::move(tables)) {
  for (const std::string& engine : sinks) sides_.emplace_back(new Side{engine, kind_of(engine), make_sink(engine), {}, {}, {}});
  if (from_postgres_) source_.superuser()->exec(kExtensions);
  source_.exec(fmt::format("CREATE SCHEMA {} {}", kTypesDatabase, from_postgres_ ? "" : "CHARACTER SET utf8mb4"));
  for (auto& side : sides_) {
    if (!from_postgres_ || side->kind != SinkKind::postgres) continue;
    side->server->superuser()->exec(kExtensions);
    side->server->exec(fmt::format("CREATE SCHEMA {} AUTHORIZATION {}", kTypesDatabase, side->server->sink_login().user));
  }
  client_ = source_.client(kTypesDatabase);
  // intervals and moments of both ends in the form that does not depend on a setting elsewhere
  client_->exec(from_postgres_ ? "SET intervalstyle = iso_8601; SET timezone = 'UTC'" : "SET sql_mode = 'STRICT_ALL_TABLES'");
  client_->exec("CREATE TABLE marker (id INT PRIMARY KEY)");
  for (const TypeTable& table : tables_) {
    create(table);
    insert(table, kCopied, true);
    insert(table, kUpdated, false);
    insert(table, kTouched, true);
  }
}

void TypeRoundTrip::create(const TypeTable& table) {
  std::string columns = "id INT PRIMARY KEY";
  for (const TypeCase& column : table.columns) {
    columns += fmt::format(", {} {}{}", sql_name(source_.dialect(), column.column), column.type, is_generated(column) ? "" : " NULL");
  }
  if (from_postgres_) {
    prepare_sinks(table);
    if (!table.before.empty()) client_->exec(table.before);
  } else if (!table.before.empty()) {
    source_.exec(table.before);
  }
  // MariaDB's old temporal forms hold for sessions that begin now
  session(table)->exec(fmt::format("CREATE TABLE {} ({}, touched INT)", sql_name(source_.dialect(), table.name), columns));
  if (!table.after.empty()) source_.exec(table.after);
}

void TypeRoundTrip::prepare_sinks(const TypeTable& table) {
  for (auto& side : sides_) {
    if (side->kind == SinkKind::postgres && !table.before.empty()) {
      side->server->exec(fmt::format("SET ROLE {}; SET search_path = {}; {}; RESET search_path; SET ROLE NONE",
                                     side->server->sink_login().user, kTypesDatabase, table.before));
    }
  }
}

std::unique_ptr<DatabaseClient> TypeRoundTrip::session(const TypeTable& table) const {
  auto client = source_.client(kTypesDatabase);
  if (!from_postgres_) client->exec("SET sql_mode = '" + table.sql_mode + "'");
  return client;
}

/// Of all columns that are not generated, and of `touched`: what an INSERT does not name is missing in a MINIMAL row image.
std::vector<std::string> TypeRoundTrip::literals(const TypeTable& table, size_t row) const {
  std::vector<std::string> out;
  for (const TypeCase& column : table.columns) {
    if (is_generated(column)) continue;
    out.push_back(row == table.rows() ? "NULL" : column.values[row % column.values.size()]);
  }
  out.push_back("NULL");
  return out;
}

void TypeRoundTrip::insert(const TypeTable& table, int first_id, bool values) const {
  const auto client = session(table);
  const std::string names = fmt::format("{}", fmt::join(written_columns(table, source_.dialect()), ", "));
  client->exec("BEGIN");
  for (size_t row = 0; row <= table.rows(); ++row) {
    client->exec(fmt::format("INSERT INTO {} (id, {}) VALUES ({}, {})", sql_name(source_.dialect(), table.name), names,
                             static_cast<size_t>(first_id) + row, fmt::join(literals(table, values ? row : table.rows()), ", ")));
  }
  client->exec("COMMIT");
}

bool TypeRoundTrip::copy(const Environment& environment) {
  int number = 0;
  for (auto& side : sides_) {
    PipelineFile pipeline;
    pipeline.name = "to_" + side->engine;
    pipeline.include = {std::string(kTypesDatabase) + ".*"};
    if (!from_postgres_) pipeline.source_yaml = fmt::format("server_id: {}", 9001 + ++number);
    if (side->kind == SinkKind::postgres && !from_postgres_) pipeline.sink_yaml = "nul_character: strip";
    pipeline.pipeline_yaml = "snapshot: {chunk_rows: 50}";
    side->config =
        side->server ? write_config(side->directory, source_, *side->server, pipeline) : write_config(side->directory, source_, pipeline);
    side->daemon = std::make_unique<TidemarkProcess>(side->directory, side->config, std::vector<std::string>{}, environment);
  }
  const auto has_rows = [&](Side& side, const TypeTable& table) {
    try {
      const std::string count = ask(side, "SELECT count(*) FROM " + sink_table(side.kind, table.name)).at(0).at(0).value();
      return std::stoul(count) == 3 * (table.rows() + 1);
    } catch (const std::runtime_error&) {
      return false;  // no such table yet
    }
  };
  for (auto& side : sides_) {
    for (const TypeTable& table : tables_) {
      if (!wait_until(90s, [&] { return has_rows(*side, table) || !side->daemon->running(); })) return false;
      if (!side->daemon->running()) return false;
    }
  }
  return true;
}

void TypeRoundTrip::change() {
  for (const TypeTable& table : tables_) {
    insert(table, kInserted, true);
    const std::string name = sql_name(source_.dialect(), table.name);
    const auto names = written_columns(table, source_.dialect());
    const auto client = session(table);
    client->exec("BEGIN");
    for (size_t row = 0; row < table.rows(); ++row) {
      const auto values = literals(table, row);
      std::string set;
      for (size_t i = 0; i < names.size(); ++i) set += fmt::format("{}{} = {}", i == 0 ? "" : ", ", names[i], values[i]);
      client->exec(fmt::format("UPDATE {} SET {} WHERE id = {}", name, set, static_cast<size_t>(kUpdated) + row));
    }
    client->exec(fmt::format("COMMIT; UPDATE {} SET touched = 1 WHERE id >= {}", name, kTouched));
  }
}

void TypeRoundTrip::execute(const std::string& sql) { client_->exec(sql); }

bool TypeRoundTrip::caught_up(Side& side) {
  const std::string sql = fmt::format("SELECT count(*) FROM {} WHERE id = {}", sink_table(side.kind, "marker"), marker_);
  return ask(side, sql).at(0).at(0) == "1";
}

bool TypeRoundTrip::wait_for_stream() {
  client_->exec(fmt::format("INSERT INTO marker VALUES ({})", ++marker_));
  for (auto& side : sides_) {
    if (!wait_until(90s, [&] { return caught_up(*side) || !side->daemon->running(); }) || !side->daemon->running()) return false;
  }
  return true;
}

TextRows TypeRoundTrip::ask(const Side& side, const std::string& sql) {
  if (side.server)
    return side.server->query(
        side.kind == SinkKind::postgres && from_postgres_ ? "SET intervalstyle = iso_8601; SET timezone = 'UTC'; " + sql : sql);
  const std::string path = sqlite_path(side.directory);
  if (!std::filesystem::exists(path)) throw std::runtime_error("no SQLite file yet");
  return SqliteFile(path).query(sql);
}

namespace {

/// SQL that adds the column's name to a text when a and b differ in it.
std::string unequal_columns(Dialect dialect, const std::string& name, const TypeCase& column) {
  if (dialect == Dialect::postgres)
    return fmt::format(" || CASE WHEN a.{0}::text IS DISTINCT FROM b.{0}::text THEN '{1} ' ELSE '' END", name, column.column);
  if (dialect == Dialect::sqlite)
    return fmt::format(" || CASE WHEN a.{0} IS NOT b.{0} OR typeof(a.{0}) <> typeof(b.{0}) THEN '{1} ' ELSE '' END", name, column.column);
  const bool is_bytes = column.form == TypeForm::bytes || column.form == TypeForm::geometry || column.form == TypeForm::vector;
  const std::string shape = is_bytes ? "HEX({}.{})" : "BINARY CAST({}.{} AS CHAR)";
  const std::string a = fmt::format(fmt::runtime(shape), "a", name), b = fmt::format(fmt::runtime(shape), "b", name);
  return fmt::format(", CASE WHEN NOT ({} <=> {}) THEN '{} ' ELSE '' END", a, b, column.column);
}

}  // namespace

// Equal rows must be equal in the sink, byte for byte: by the sink's own comparison.
void TypeRoundTrip::compare_rows(Side& side, const TypeTable& table, std::vector<std::string>& out) {
  const Dialect dialect = dialect_of(side.kind);
  std::string unequal = "''";
  for (const TypeCase& column : table.columns) {
    if (is_generated(column)) continue;
    unequal += unequal_columns(dialect, sql_name(dialect, column.column), column);
  }
  if (dialect == Dialect::mysql) unequal = "CONCAT(" + unequal + ")";
  const std::string target = sink_table(side.kind, table.name);
  const auto rows =
      ask(side, fmt::format("SELECT b.id, {} FROM {} a JOIN {} b ON b.id % {} = a.id WHERE a.id < {} AND b.id > {} ORDER BY 1", unequal,
                            target, target, kStep, kStep, kStep));
  if (rows.size() != 3 * (table.rows() + 1)) out.push_back(fmt::format("{}: {} rows in the sink", table.name, rows.size()));
  for (const auto& row : rows) {
    if (row[1] != "") out.push_back(fmt::format("{} row {}: not as through the copy: {}", table.name, row[0].value(), row[1].value()));
  }
}

std::string TypeRoundTrip::converted(Side& side, const TypeCase& column, const std::string& text) {
  const std::string sql = postgres_conversion(column);
  const size_t at = sql.find("{}");
  return side.server->value("SELECT " + sql.substr(0, at) + postgres_quote(text) + sql.substr(at + 2));
}

void TypeRoundTrip::compare_with_source(Side& side, const TypeTable& table, const TextRows& source, std::vector<std::string>& out) {
  std::string list = "id";
  std::vector<const TypeCase*> columns;
  for (const TypeCase& column : table.columns) {
    if (is_generated(column)) continue;
    list += ", " + sink_print(column, side.kind);
    columns.push_back(&column);
  }
  const TextRows sink = ask(side, fmt::format("SELECT {} FROM {} ORDER BY id", list, sink_table(side.kind, table.name)));
  if (sink.size() != source.size()) {
    out.push_back(fmt::format("{}: {} rows, the source has {}", table.name, sink.size(), source.size()));
    return;
  }
  for (size_t r = 0; r < sink.size(); ++r) {
    for (size_t c = 0; c < columns.size(); ++c) {
      const TypeCase& column = *columns[c];
      const auto& printed = source[r][c + 1];
      std::optional<std::string> expected, held = sink[r][c + 1];
      if (printed) expected = expected_text(column, side.kind, *printed);
      if (expected && side.kind == SinkKind::postgres && !from_postgres_ && !postgres_conversion(column).empty())
        expected = converted(side, column, *expected);
      if (held) held = sink_text(column, side.kind, *held);
      if (expected != held) {
        out.push_back(fmt::format("{}.{} ({}) row {}: the sink has {}, expected {}, as the source prints {}", table.name, column.column,
                                  column.type, source[r][0].value(), shown(held), shown(expected), shown(printed)));
      }
    }
  }
}

std::vector<std::string> TypeRoundTrip::differences() {
  std::vector<std::string> out;
  for (const TypeTable& table : tables_) {
    for (auto& side : sides_) {
      std::string list = "id";
      for (const TypeCase& column : table.columns) {
        if (!is_generated(column)) list += ", " + source_print(column, side->kind);
      }
      const TextRows source = client_->query(fmt::format("SELECT {} FROM {} ORDER BY id", list, sql_name(source_.dialect(), table.name)));
      std::vector<std::string> found;
      if (table.rows_stay_equal) compare_rows(*side, table, found);
      compare_with_source(*side, table, source, found);
      for (const auto& line : found) out.push_back(side->engine + ": " + line);
    }
  }
  return out;
}

void TypeRoundTrip::plant(const TypeTable& table, const TypeCase& column) {
  for (auto& side : sides_) {
    ask(*side, fmt::format("UPDATE {} SET {} = NULL WHERE id = {}", sink_table(side->kind, table.name),
                           sql_name(dialect_of(side->kind), column.column), kInserted + 1));
  }
}

namespace {

/// Names and types of a table's columns, as the server prints them.
std::string columns_query(Dialect dialect, const std::string& table) {
  if (dialect == Dialect::sqlite) return fmt::format("SELECT name, type FROM pragma_table_info('{}')", table);
  if (dialect == Dialect::mysql) {
    return fmt::format(
        "SELECT column_name, CONCAT(data_type, IF(column_type LIKE '%unsigned%', ' unsigned', '')) FROM information_schema.columns WHERE "
        "table_schema = '{}' AND table_name = '{}'",
        kTypesDatabase, table);
  }
  return fmt::format(
      "SELECT attname, CASE WHEN typtype = 'e' THEN 'enum' WHEN typcategory = 'A' THEN 'arrays' ELSE format_type(typ.oid, NULL) END FROM "
      "pg_attribute JOIN pg_type typ ON typ.oid = atttypid WHERE attrelid = '{}.{}'::regclass AND attnum > 0 AND typtype <> 'd'",
      kTypesDatabase, table);
}

}  // namespace

std::vector<std::string> TypeRoundTrip::undocumented(const std::string& path, const std::string& source_engine) {
  std::vector<std::string> out;
  for (auto& side : sides_) {
    const DocumentedTypes documented(path, source_engine, side->engine);
    for (const TypeTable& table : tables_) {
      std::map<std::string, std::string> at_sink;
      for (const auto& row : ask(*side, columns_query(dialect_of(side->kind), table.name))) at_sink[row[0].value()] = row[1].value();
      for (const auto& row : client_->query(columns_query(source_.dialect(), table.name))) {
        const auto held = at_sink.find(row[0].value());
        if (held == at_sink.end()) continue;  // generated, or a domain
        const std::string wrong = documented.wrong(row[1].value(), held->second);
        if (!wrong.empty()) out.push_back(table.name + "." + row[0].value() + ": " + wrong);
      }
    }
    constexpr int kFewest = 20;
    if (documented.compared() < kFewest) out.push_back("hardly any type is in the document");
  }
  return out;
}

std::vector<std::string> TypeRoundTrip::verify() {
  std::vector<std::string> out;
  for (auto& side : sides_) {
    const Finished done = run_tidemark({"verify", "to_" + side->engine, "-c", side->config}, 120s);
    if (done.exit != 0) out.push_back(fmt::format("exit {}\n{}\n{}", done.exit, done.out, done.err));
  }
  return out;
}

std::vector<int> TypeRoundTrip::stop() {
  std::vector<int> out;
  for (auto& side : sides_) out.push_back(side->daemon->stop());
  return out;
}

std::string TypeRoundTrip::log() const {
  std::string out;
  for (const auto& side : sides_) out += side->daemon->log_tail(15) + "\n";
  return out;
}

}  // namespace tidemark::test
