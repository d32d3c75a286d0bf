#include "engine/mysql/captured_tables.h"

#include <fmt/format.h>

#include "tidemark/error.h"

namespace tidemark::mysql {

namespace {

std::string folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::string key_of(std::string_view database, std::string_view table) {
  std::string key(database);
  key.push_back('\0');
  key += table;
  return key;
}

std::string shortened(std::string_view statement) {
  constexpr size_t kMax = 200;
  size_t end = statement.size() > kMax ? kMax : statement.size();
  while (end > 0 && end < statement.size() && (static_cast<uint8_t>(statement[end]) & 0xC0) == 0x80) --end;  // whole characters
  return printable(statement.substr(0, end)) + (end < statement.size() ? "..." : "");
}

constexpr const char* kWhat = "reading the binary log";

}  // namespace

bool is_system_database(std::string_view database) {
  std::string name = folded(database);
  return name == "mysql" || name == "sys" || name == "information_schema" || name == "performance_schema";
}

CapturedTables::CapturedTables(std::vector<SchemaRef> tables, TableSelection selection)
    : tables_(std::move(tables)), selection_(std::move(selection)) {
  for (size_t i = 0; i < tables_.size(); ++i) {
    const TableName& name = tables_[i]->name;
    by_name_[key_of(name.database, name.table)] = static_cast<int>(i);
    folded_[folded(key_of(name.database, name.table))] = static_cast<int>(i);
    databases_.insert(folded(name.database));
  }
}

int CapturedTables::find(std::string_view database, std::string_view table) const {
  key_.assign(database);
  key_.push_back('\0');
  key_.append(table);
  auto found = by_name_.find(key_);
  return found == by_name_.end() ? -1 : found->second;
}

bool CapturedTables::selected(const TableName& name) const {
  if (is_system_database(name.database)) return false;
  return selection_.matches(name) || selection_.matches({folded(name.database), folded(name.table)});
}

bool CapturedTables::is_captured(const TableName& name) const {
  if (name.table.empty()) return databases_.count(folded(name.database)) != 0;
  return folded_.count(folded(key_of(name.database, name.table))) != 0;
}

void CapturedTables::judge(const Statement& statement, std::string_view text, const std::string& position) const {
  switch (statement.kind) {
    case StatementKind::table_change: return judge_tables(statement, text, position);
    case StatementKind::truncate: return emptied(statement) < 0 ? judge_tables(statement, text, position) : void();
    case StatementKind::data_change: {
      // Tables behind the one that is named change too (views, triggers, cascades), so its name proves nothing unless it is the
      // server's own; a server that starts empties its MEMORY tables with a statement of one plain form.
      bool harmless = statement.written.size() == 1 && (is_system_database(statement.written[0].database) ||
                                                        (statement.empties_table && !is_captured(statement.written[0])));
      if (harmless) return;
      Error error(
          ErrorKind::unsupported, kWhat, fmt::format("rows were changed by a statement instead of row events: {}", shortened(text)),
          "SET GLOBAL binlog_format = 'ROW', end the sessions that began before or that set another format themselves, then copy the "
          "tables anew");
      throw error.at(position);
    }
    case StatementKind::unknown: {
      Error error(ErrorKind::unsupported, kWhat, fmt::format("a statement that is not understood: {}", shortened(text)),
                  "if it changes none of the captured tables, start a new pipeline after this position; please report the statement");
      throw error.at(position);
    }
    default: return;
  }
}

void CapturedTables::judge_tables(const Statement& statement, std::string_view text, const std::string& position) const {
  for (const TableName& name : statement.changed) {
    if (!is_captured(name)) continue;
    if (!statement.dropped_index.empty()) {
      // An index matters only when rows are identified by it.
      const SchemaRef& schema = tables_[static_cast<size_t>(folded_.at(folded(key_of(name.database, name.table))))];
      if (folded(statement.dropped_index) != "primary" && schema->key_origin != KeyOrigin::unique) continue;
    }
    std::string what = name.table.empty() ? "database " + name.database : "table " + name.text();
    Error error(
        ErrorKind::schema_changed, kWhat, fmt::format("captured {} was changed: {}", printable(what), shortened(text)),
        "change the sink's table alike, then start a new pipeline from after this statement; or copy the table anew; or exclude it");
    throw error.at(position);
  }
  for (const TableName& name : statement.created) {
    if (statement.if_not_exists && is_captured(name)) continue;  // it was there: nothing happened
    if (!is_captured(name) && !selected(name)) continue;
    Error error(ErrorKind::schema_changed, kWhat,
                fmt::format("a table that the pipeline selects came into being, {}: {}", printable(name.text()), shortened(text)),
                "start a new pipeline so that the table is copied, or exclude it (tables: exclude)");
    throw error.at(position);
  }
}

}  // namespace tidemark::mysql
