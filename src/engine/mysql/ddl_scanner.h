// Says what a statement in the log (a QUERY event) means for us: where it stands in a transaction, or which tables it changes.
// It reads only as much grammar as that needs; what it cannot place is `unknown`, and the reader stops there (design rule 2.7).
// Pure; any thread; never fails. Grammar: MySQL sql/sql_yacc.yy, MariaDB sql/sql_yacc.yy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tidemark/schema.h"

namespace tidemark::mysql {

enum class StatementKind : uint8_t {
  begin,
  commit,
  rollback,
  savepoint,    // argument: its name
  rollback_to,  // argument: the savepoint's name
  xa_start,     // argument of these: the XID as xid_text() writes it
  xa_end,
  xa_commit,
  xa_rollback,
  harmless,      // changes neither rows nor columns of any table
  table_change,  // `changed` and `created` say which
  truncate,      // TRUNCATE TABLE: `changed` says which one is emptied
  data_change,   // rows changed by a statement instead of by row events
  unknown,
};

struct Statement {
  StatementKind kind = StatementKind::unknown;
  std::vector<TableName> changed;  // altered, dropped, renamed, emptied; an empty table name means the whole database
  std::vector<TableName> created;  // names under which a table now exists: CREATE TABLE, the new names of RENAME
  std::vector<TableName> written;  // data_change: the target, when there is one and it is plain to see
  std::string dropped_index;       // DROP INDEX: its name; `changed` holds the table
  bool if_not_exists = false;
  bool starts_rows = false;    // CREATE TABLE ... START TRANSACTION: its rows follow in the same transaction
  bool empties_table = false;  // DELETE FROM `a`.`b` and nothing else: servers write it for MEMORY tables when they start
  std::string argument;
};

/// `default_database` is the session's; quoting follows the session's sql_mode.
Statement scan_statement(std::string_view text, std::string_view default_database, bool ansi_quotes = false,
                         bool no_backslash_escapes = false);

}  // namespace tidemark::mysql
