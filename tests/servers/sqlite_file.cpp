#include "servers/sqlite_file.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <stdexcept>

namespace tidemark::test {

void SqliteFile::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

SqliteFile::SqliteFile(const std::string& path) {
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr);
  handle_.reset(handle);
  if (result != SQLITE_OK) throw std::runtime_error(fmt::format("cannot open {}: {}", path, sqlite3_errmsg(handle)));
  sqlite3_busy_timeout(handle, 20000);
}

SqliteFile::~SqliteFile() = default;
SqliteFile::SqliteFile(SqliteFile&&) noexcept = default;

void SqliteFile::stream(const std::string& sql, const RowVisitor& visit) {
  sqlite3* db = handle_.get();
  const char* next = sql.c_str();
  while (*next) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(db, next, -1, &raw, &next) != SQLITE_OK) {
      throw std::runtime_error(fmt::format("{} in: {}", sqlite3_errmsg(db), sql.substr(0, 300)));
    }
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(raw, &sqlite3_finalize);
    if (!statement) continue;  // white space or a comment
    int result = SQLITE_DONE;
    while ((result = sqlite3_step(raw)) == SQLITE_ROW) {
      TextRow row(static_cast<size_t>(sqlite3_column_count(raw)));
      for (int i = 0; i < sqlite3_column_count(raw); ++i) {
        if (sqlite3_column_type(raw, i) == SQLITE_NULL) continue;
        if (sqlite3_column_type(raw, i) == SQLITE_FLOAT) {
          row[static_cast<size_t>(i)] = fmt::format("{}", sqlite3_column_double(raw, i));  // SQLite's own text has 15 digits
          continue;
        }
        const void* bytes = sqlite3_column_blob(raw, i);  // integers are turned into text
        row[static_cast<size_t>(i)].emplace(static_cast<const char*>(bytes ? bytes : ""),
                                            static_cast<size_t>(sqlite3_column_bytes(raw, i)));
      }
      visit(row);
    }
    if (result != SQLITE_DONE) throw std::runtime_error(fmt::format("{} in: {}", sqlite3_errmsg(db), sql.substr(0, 300)));
  }
}

uint64_t SqliteFile::exec(const std::string& sql) {
  stream(sql, [](TextRow&) {});
  return static_cast<uint64_t>(sqlite3_changes(handle_.get()));
}

TextRows SqliteFile::query(const std::string& sql) {
  TextRows rows;
  stream(sql, [&](TextRow& row) { rows.push_back(std::move(row)); });
  return rows;
}

}  // namespace tidemark::test
