// The tables that a log reader delivers, by name; and the judgement over statements in the log: may the reader go on after this one?
// One thread (find() keeps scratch memory). judge() throws Error(schema_changed | unsupported) when it may not (design 2.7, 2.9).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/mysql/ddl_scanner.h"
#include "tidemark/schema.h"
#include "tidemark/source.h"

namespace tidemark::mysql {

class CapturedTables {
 public:
  CapturedTables(std::vector<SchemaRef> tables, TableSelection selection);

  /// Index into the tables, or -1. Exact: names in row events are as the server stores them.
  int find(std::string_view database, std::string_view table) const;
  const SchemaRef& schema(int index) const { return tables_[static_cast<size_t>(index)]; }
  /// The selection matches this table (in any case of letters), which is not one of the server's own.
  bool selected(const TableName& name) const;

  /// Index of the table that a TRUNCATE empties, or -1. Exact: judge() stops at a name that is only like a captured one.
  int emptied(const Statement& truncate) const { return find(truncate.changed[0].database, truncate.changed[0].table); }

  /// `text` is the statement for the message, `position` where it stands.
  void judge(const Statement& statement, std::string_view text, const std::string& position) const;

 private:
  bool is_captured(const TableName& name) const;  // in any case of letters; an empty table name: anything of that database
  void judge_tables(const Statement& statement, std::string_view text, const std::string& position) const;

  std::vector<SchemaRef> tables_;
  TableSelection selection_;
  std::unordered_map<std::string, int> by_name_;  // "database\0table"
  std::unordered_map<std::string, int> folded_;   // the same in small letters
  std::unordered_set<std::string> databases_;     // in small letters
  mutable std::string key_;                       // scratch of find(): no allocation a call
};

/// mysql, sys, information_schema, performance_schema: the server's own tables, never captured.
bool is_system_database(std::string_view database);

}  // namespace tidemark::mysql
