#include "types/type_round_trip.h"

#include <fmt/core.h>

#include <filesystem>

#include "servers/pipeline_config.h"
#include "servers/wait.h"

namespace tidemark::test {

using namespace std::chrono_literals;

namespace {

// The places of equal rows: row k has key first + k in each of them.
constexpr int kCopied = 1, kInserted = 10001, kUpdated = 20001, kTouched = 30001;
constexpr int kStep = 10000;

std::string sink_table(SinkKind kind, const std::string& table) {
  return kind == SinkKind::postgres ? fmt::format("{}.{}", kTypesDatabase, postgres_name(table)) : postgres_name(table);
}

bool is_generated(const TypeCase& column) { return column.values.empty(); }

std::string shown(const std::optional<std::string>& text) {
  if (!text) return "NULL";
  return text->size() > 160 ? fmt::format("{}... ({} bytes)", text->substr(0, 160), text->size()) : "'" + *text + "'";
}

}  // namespace

TypeRoundTrip::TypeRoundTrip(MysqlFamilyServer& source, std::vector<TypeTable> tables)
    : source_(source), client_(source.connect()), tables_(std::move(tables)) {
  client_.exec(fmt::format("CREATE DATABASE {0} CHARACTER SET utf8mb4; USE {0}; CREATE TABLE marker (id INT PRIMARY KEY)", kTypesDatabase));
  for (const TypeTable& table : tables_) {
    std::string columns = "id INT PRIMARY KEY";
    for (const TypeCase& column : table.columns) {
      columns += fmt::format(", {} {}{}", mysql_name(column.column), column.type, is_generated(column) ? "" : " NULL");
    }
    if (!table.before.empty()) source_.exec(table.before);
    // the old temporal forms hold for sessions that begin now
    MysqlClient client = source_.connect(kTypesDatabase);
    client.exec("SET sql_mode = '" + table.sql_mode + "'");
    client.exec(fmt::format("CREATE TABLE {} ({}, touched INT)", mysql_name(table.name), columns));
    if (!table.after.empty()) source_.exec(table.after);
    insert(table, kCopied, true);
    insert(table, kUpdated, false);
    insert(table, kTouched, true);
  }
}

std::string TypeRoundTrip::literals(const TypeTable& table, size_t row) const {
  std::string out;
  for (const TypeCase& column : table.columns) {
    if (is_generated(column)) continue;
    const bool null = row == table.rows();
    out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", mysql_name(column.column),
                       null ? "NULL" : column.values[row % column.values.size()]);
  }
  return out + ", touched = NULL";  // what an INSERT does not name is missing in a MINIMAL row image
}

void TypeRoundTrip::insert(const TypeTable& table, int first_id, bool values) const {
  MysqlClient client = source_.connect(kTypesDatabase);
  client.exec("SET sql_mode = '" + table.sql_mode + "'; BEGIN");
  for (size_t row = 0; row <= table.rows(); ++row) {
    client.exec(fmt::format("INSERT INTO {} SET id = {}, {}", mysql_name(table.name), static_cast<size_t>(first_id) + row,
                            literals(table, values ? row : table.rows())));
  }
  client.exec("COMMIT");
}

bool TypeRoundTrip::copy(const Environment& environment) {
  for (const SinkKind kind : {SinkKind::sqlite, SinkKind::postgres}) {
    auto& side = sides_.emplace_back(new Side{kind, {}, {}, {}});
    PipelineFile pipeline;
    pipeline.name = kind == SinkKind::sqlite ? "lite" : "post";
    pipeline.include = {std::string(kTypesDatabase) + ".*"};
    pipeline.source_yaml = kind == SinkKind::sqlite ? "server_id: 9001" : "server_id: 9002";
    if (kind == SinkKind::postgres) pipeline.sink_yaml = "nul_character: strip";
    pipeline.pipeline_yaml = "snapshot: {chunk_rows: 50}";
    side->config = kind == SinkKind::sqlite ? write_config(side->directory, source_, pipeline)
                                            : write_config(side->directory, source_, postgres_, pipeline);
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
    client_.exec("SET sql_mode = '" + table.sql_mode + "'; BEGIN");
    for (size_t row = 0; row < table.rows(); ++row) {
      client_.exec(
          fmt::format("UPDATE {} SET {} WHERE id = {}", mysql_name(table.name), literals(table, row), static_cast<size_t>(kUpdated) + row));
    }
    client_.exec(fmt::format("COMMIT; UPDATE {} SET touched = 1 WHERE id >= {}", mysql_name(table.name), kTouched));
  }
}

void TypeRoundTrip::execute(const std::string& sql) { client_.exec(sql); }

bool TypeRoundTrip::caught_up(Side& side) {
  const std::string sql = fmt::format("SELECT count(*) FROM {} WHERE id = {}", sink_table(side.kind, "marker"), marker_);
  return ask(side, sql).at(0).at(0) == "1";
}

bool TypeRoundTrip::wait_for_stream() {
  client_.exec(fmt::format("INSERT INTO marker VALUES ({})", ++marker_));
  for (auto& side : sides_) {
    if (!wait_until(90s, [&] { return caught_up(*side) || !side->daemon->running(); }) || !side->daemon->running()) return false;
  }
  return true;
}

TextRows TypeRoundTrip::ask(const Side& side, const std::string& sql) {
  if (side.kind == SinkKind::postgres) return postgres_.query(sql);
  const std::string path = sqlite_path(side.directory);
  if (!std::filesystem::exists(path)) throw std::runtime_error("no SQLite file yet");
  return SqliteFile(path).query(sql);
}

// Equal rows must be equal in the sink, byte for byte: by the sink's own comparison.
void TypeRoundTrip::compare_rows(Side& side, const TypeTable& table, std::vector<std::string>& out) {
  const bool postgres = side.kind == SinkKind::postgres;
  std::string unequal = "''";
  for (const TypeCase& column : table.columns) {
    if (is_generated(column)) continue;
    const std::string name = postgres_name(column.column);
    unequal += postgres ? fmt::format(" || CASE WHEN a.{0}::text IS DISTINCT FROM b.{0}::text THEN '{1} ' ELSE '' END", name, column.column)
                        : fmt::format(" || CASE WHEN a.{0} IS NOT b.{0} OR typeof(a.{0}) <> typeof(b.{0}) THEN '{1} ' ELSE '' END", name,
                                      column.column);
  }
  const std::string target = sink_table(side.kind, table.name);
  const auto rows =
      ask(side, fmt::format("SELECT b.id, {} FROM {} a JOIN {} b ON b.id % {} = a.id WHERE a.id < {} AND b.id > {} ORDER BY 1", unequal,
                            target, target, kStep, kStep, kStep));
  if (rows.size() != 3 * (table.rows() + 1)) out.push_back(fmt::format("{}: {} rows in the sink", table.name, rows.size()));
  for (const auto& row : rows) {
    if (row[1] != "") out.push_back(fmt::format("{} row {}: not as through the copy: {}", table.name, row[0].value(), row[1].value()));
  }
}

std::string TypeRoundTrip::converted(const TypeCase& column, const std::string& text) {
  const std::string sql = postgres_conversion(column);
  const size_t at = sql.find("{}");
  return postgres_.value("SELECT " + sql.substr(0, at) + postgres_quote(text) + sql.substr(at + 2));
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
      if (expected && side.kind == SinkKind::postgres && !postgres_conversion(column).empty()) expected = converted(column, *expected);
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
    std::string list = "id";
    for (const TypeCase& column : table.columns) {
      if (!is_generated(column)) list += ", " + source_print(column);
    }
    const TextRows source = client_.query(fmt::format("SELECT {} FROM {} ORDER BY id", list, mysql_name(table.name)));
    for (auto& side : sides_) {
      std::vector<std::string> found;
      if (table.rows_stay_equal) compare_rows(*side, table, found);
      compare_with_source(*side, table, source, found);
      for (const auto& line : found) out.push_back((side->kind == SinkKind::postgres ? "PostgreSQL: " : "SQLite: ") + line);
    }
  }
  return out;
}

void TypeRoundTrip::plant(const TypeTable& table, const TypeCase& column) {
  for (auto& side : sides_) {
    ask(*side, fmt::format("UPDATE {} SET {} = NULL WHERE id = {}", sink_table(side->kind, table.name), postgres_name(column.column),
                           kInserted + 1));
  }
}

std::vector<std::string> TypeRoundTrip::verify() {
  std::vector<std::string> out;
  for (auto& side : sides_) {
    const Finished done = run_tidemark({"verify", side->kind == SinkKind::sqlite ? "lite" : "post", "-c", side->config}, 120s);
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
