#include "engine/sqlite/connection.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "tidemark/error.h"

namespace tidemark::sqlite {

namespace {

constexpr int kBusyWaitMs = 10'000;
constexpr int kBusyStepMs = 10;
constexpr int kCheckpointPages = 4096;  // 32 MiB of 8 KiB pages

std::string directory_of(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// SQLite says "unable to open database file" for all of these.
void check_place(const std::string& path, Connection::Mode mode) {
  auto refuse = [&](std::string cause, std::string hint) {
    throw Error(ErrorKind::server_settings, "open SQLite file " + path, std::move(cause), std::move(hint));
  };
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) refuse("the path is a directory", "name a file in it, e.g. path: " + path + "/tidemark.db");
    if (!S_ISREG(info.st_mode)) refuse("the path is not a regular file", "set the sink's path to a file on a local file system");
    if (::access(path.c_str(), mode == Connection::Mode::create ? R_OK | W_OK : R_OK) != 0)
      refuse(std::string("no right to use the file: ") + std::strerror(errno), "give the daemon's user that right: chown tidemark " + path);
    return;
  }
  if (mode == Connection::Mode::read) refuse(std::strerror(errno), "a pipeline that has run leaves the file: is the sink's path right?");
  std::string directory = directory_of(path);
  if (::stat(directory.c_str(), &info) != 0)
    refuse("the directory " + directory + " cannot be reached: " + std::strerror(errno), "create it: mkdir -p " + directory);
  if (!S_ISDIR(info.st_mode)) refuse(directory + " is not a directory", "set the sink's path to a file in a directory");
  if (::access(directory.c_str(), W_OK | X_OK) != 0)
    refuse("no file can be created in " + directory + ": " + std::strerror(errno),
           "give the daemon's user the right to: chown tidemark " + directory);
}

}  // namespace

Statement& Statement::bind(int index, std::string_view text) {
  // a null pointer would bind NULL
  int code = sqlite3_bind_text64(get(), index, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) connection_->fail(code);
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  int code = sqlite3_bind_blob64(get(), index, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) connection_->fail(code);
  return *this;
}

Statement& Statement::bind(int index, int64_t number) {
  int code = sqlite3_bind_int64(get(), index, number);
  if (code != SQLITE_OK) connection_->fail(code);
  return *this;
}

bool Statement::step() {
  int code = sqlite3_step(get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    try {
      connection_->fail(code);
    } catch (...) {
      sqlite3_reset(get());  // after the message was read
      throw;
    }
  }
  sqlite3_reset(get());
  return false;
}

std::string_view Statement::bytes(int column) const {
  // text is asked for as text: the file may be an existing one in UTF-16
  bool text = sqlite3_column_type(get(), column) == SQLITE_TEXT;
  const void* data = text ? static_cast<const void*>(sqlite3_column_text(get(), column)) : sqlite3_column_blob(get(), column);
  return {data == nullptr ? "" : static_cast<const char*>(data), static_cast<size_t>(sqlite3_column_bytes(get(), column))};
}

void Connection::open(Mode mode) {
  close();
  clear_interrupt();
  doing("open SQLite file " + path_);
  check_place(path_, mode);
  // A reader opens for writing too where it may, since reading a WAL after a crash needs its -shm file rebuilt; query_only keeps it from
  // more.
  bool writable = mode == Mode::create || ::access(path_.c_str(), W_OK) == 0;
  int flags = SQLITE_OPEN_NOMUTEX | (writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
  if (mode == Mode::create) flags |= SQLITE_OPEN_CREATE;
  sqlite3* db = nullptr;
  int code = sqlite3_open_v2(path_.c_str(), &db, flags, nullptr);
  {
    std::lock_guard lock(handle_mutex_);
    db_ = db;
  }
  if (code != SQLITE_OK) fail(code);
  sqlite3_extended_result_codes(db_, 1);
  sqlite3_busy_handler(db_, &on_busy, this);
  if (mode == Mode::read) return run("PRAGMA query_only = ON");
  if (sqlite3_db_readonly(db_, "main") == 1)
    throw Error(ErrorKind::server_settings, "open SQLite file " + path_, "the file or its file system is read-only",
                "give the daemon's user the right to write it: chown tidemark " + path_);
}

void Connection::allow_checkpoints(bool allow) {
  sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, allow ? 0 : 1, nullptr);
  sqlite3_wal_autocheckpoint(db_, allow ? kCheckpointPages : 0);
}

void Connection::close() noexcept {
  std::lock_guard lock(handle_mutex_);
  if (db_ != nullptr) sqlite3_close_v2(db_);
  db_ = nullptr;
}

void Connection::interrupt() noexcept {
  std::lock_guard lock(handle_mutex_);
  interrupted_.store(true, std::memory_order_relaxed);
  if (db_ != nullptr) sqlite3_interrupt(db_);
}

void Connection::check_interrupt() const {
  if (interrupted_.load(std::memory_order_relaxed)) fail(SQLITE_INTERRUPT);
}

int Connection::on_busy(void* self, int count) {
  if (count * kBusyStepMs >= kBusyWaitMs || static_cast<Connection*>(self)->interrupted_.load(std::memory_order_relaxed)) return 0;
  ::usleep(kBusyStepMs * 1000);
  return 1;
}

Statement Connection::prepare(std::string_view sql, bool keep) {
  sqlite3_stmt* stmt = nullptr;
  int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), keep ? SQLITE_PREPARE_PERSISTENT : 0, &stmt, nullptr);
  if (code != SQLITE_OK) fail(code);
  Statement statement;
  statement.stmt_.reset(stmt);
  statement.connection_ = this;
  return statement;
}

int64_t Connection::integer(std::string_view sql) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::string Connection::string(std::string_view sql) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.string(0) : std::string();
}

void Connection::fail(int code) const {
  std::string cause = db_ != nullptr ? sqlite3_errmsg(db_) : sqlite3_errstr(code);
  std::string server_code = "SQLite " + std::to_string(code);
  auto raise = [&](ErrorKind kind, std::string hint) {
    Error error(kind, doing_, cause, std::move(hint));
    throw error.code(server_code);
  };
  bool stop_asked = interrupted_.load(std::memory_order_relaxed);
  switch (code & 0xff) {
    case SQLITE_INTERRUPT:
      cause = "interrupted";
      raise(ErrorKind::interrupted, {});
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      if (stop_asked) raise(ErrorKind::interrupted, {});
      raise(ErrorKind::sink_unavailable, "another program holds a write transaction on the file: see fuser -v " + path_);
      break;
    case SQLITE_FULL:
      raise(ErrorKind::sink_unavailable,
            "make room on the file system: df -h " + directory_of(path_) + "; nothing is lost, it goes on by itself");
      break;
    case SQLITE_IOERR:
      raise(ErrorKind::sink_unavailable, "the file system reports an error: look at dmesg and df -h " + directory_of(path_));
      break;
    case SQLITE_CANTOPEN:
      raise(ErrorKind::sink_unavailable, "check that the directory is still there and may be written: ls -ld " + directory_of(path_));
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      raise(ErrorKind::server_settings, "give the daemon's user the right to write the file and its directory: chown tidemark " + path_);
      break;
    case SQLITE_NOTADB:
      raise(ErrorKind::server_settings, "the sink's path names a file of another kind: move it away, or choose another path");
      break;
    case SQLITE_CORRUPT:
      raise(ErrorKind::data, "the file is damaged: move " + path_ + " away (with its -wal file) and start again, it is copied anew");
      break;
    case SQLITE_CONSTRAINT:
      if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID ||
          code == SQLITE_CONSTRAINT_FOREIGNKEY)
        raise(ErrorKind::sink_conflict,
              "rows that tidemark did not write, or a constraint that the source does not have: see tidemark verify");
      raise(ErrorKind::data, "drop the constraint from the sink's table, or drop the table and let tidemark create it");
      break;
    case SQLITE_TOOBIG:
      raise(ErrorKind::data, "SQLite holds at most 1,000,000,000 bytes in a row: leave the table out with tables.exclude");
      break;
    case SQLITE_MISMATCH: raise(ErrorKind::data, "the sink's column has another type: drop the table and let tidemark create it"); break;
    case SQLITE_SCHEMA:
    case SQLITE_ERROR:
      raise(ErrorKind::data, "was the table changed by another program? compare it with .schema in sqlite3 " + path_);
      break;
    default: break;
  }
  raise(ErrorKind::internal, {});
  std::abort();  // not reached
}

}  // namespace tidemark::sqlite
