#include "state/migrations.h"

#include <iterator>
#include <string>
#include <vector>

#include "base/failpoint.h"
#include "tidemark/error.h"

namespace tidemark::state {

namespace {

// Statements that lead from version i to i + 1. Released entries are never edited: a change of the schema is a new entry.
// `sum` is a checksum over the row (checksum.h): the mirror must never send us to another place because a disk flipped a bit.
const std::vector<const char*> kVersion1 = {
    "CREATE TABLE pipeline (name TEXT NOT NULL PRIMARY KEY, position TEXT NOT NULL, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    // a bound that is not there is an empty blob; a key is never empty, and NULLs would not be unique
    "CREATE TABLE chunk (pipeline TEXT NOT NULL, source_database TEXT NOT NULL, source_table TEXT NOT NULL, after_key BLOB NOT NULL,"
    " upto_key BLOB NOT NULL, only_key BLOB NOT NULL, done INTEGER NOT NULL, row_count INTEGER NOT NULL, high_file INTEGER NOT NULL,"
    " high_byte INTEGER NOT NULL, sum INTEGER NOT NULL,"
    " PRIMARY KEY (pipeline, source_database, source_table, after_key, upto_key, only_key)) STRICT, WITHOUT ROWID",
    "CREATE TABLE table_schema (pipeline TEXT NOT NULL, source_database TEXT NOT NULL, source_table TEXT NOT NULL,"
    " valid_from TEXT NOT NULL, place INTEGER NOT NULL, definition TEXT NOT NULL, sum INTEGER NOT NULL,"
    " PRIMARY KEY (pipeline, source_database, source_table, valid_from)) STRICT, WITHOUT ROWID",
    "CREATE TABLE progress (pipeline TEXT NOT NULL, source_database TEXT NOT NULL, source_table TEXT NOT NULL, state TEXT NOT NULL,"
    " rows_copied INTEGER NOT NULL, PRIMARY KEY (pipeline, source_database, source_table)) STRICT, WITHOUT ROWID",
};

const std::vector<const char*>* const kSteps[] = {&kVersion1};

}  // namespace

int64_t current_version() { return static_cast<int64_t>(std::size(kSteps)); }

bool check_identity(Connection& connection) {
  int64_t application = connection.integer("PRAGMA application_id");
  int64_t version = connection.integer("PRAGMA user_version");
  bool empty = connection.integer("SELECT count(*) FROM sqlite_schema") == 0;
  if (empty && application == 0 && version == 0) return true;
  if (application != kApplicationId)
    throw Error(ErrorKind::state, "open state file " + connection.path(), "it is an SQLite file of another program",
                "name another file with daemon.state in the configuration; this one was not touched");
  if (version > current_version())
    throw Error(
        ErrorKind::state, "open state file " + connection.path(),
        "a newer tidemark wrote it (version " + std::to_string(version) + ", this one knows " + std::to_string(current_version()) + ")",
        "run the newer tidemark again, or " + rebuild_hint(connection.path()));
  if (version < 1)
    throw Error(ErrorKind::state, "open state file " + connection.path(), "it has no version", rebuild_hint(connection.path()));
  return false;
}

void migrate(Connection& connection) {
  for (int64_t version = connection.integer("PRAGMA user_version"); version < current_version(); ++version) {
    failpoint("state.before_migration");
    Transaction transaction(connection);
    for (const char* sql : *kSteps[version]) connection.run(sql);
    connection.run("PRAGMA application_id = " + std::to_string(kApplicationId));
    connection.run("PRAGMA user_version = " + std::to_string(version + 1));
    failpoint("state.migrating");
    transaction.commit();
  }
}

}  // namespace tidemark::state
