#include "state/connection.h"

#include <unistd.h>

#include "tidemark/error.h"

namespace tidemark::state {

namespace {

std::string directory_of(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// "file:" with every byte that could mean something in a URI escaped.
std::string uri_of(const std::string& path) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string uri = "file:";
  for (char c : path) {
    auto byte = static_cast<unsigned char>(c);
    bool plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || c == '/' || c == '.' ||
                 c == '-' || c == '_';
    if (plain)
      uri.push_back(c);
    else
      uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return uri;
}

}  // namespace

std::string rebuild_hint(const std::string& path) {
  return "move it away and start again, it is rebuilt from the sink: mv " + path + " " + path + ".damaged";
}

Statement& Statement::bind(int index, std::string_view text) {
  // a null pointer would bind NULL
  int code = sqlite3_bind_text64(stmt_.get(), index, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) connection_->fail(code);
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  int code = sqlite3_bind_blob64(stmt_.get(), index, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) connection_->fail(code);
  return *this;
}

Statement& Statement::bind(int index, int64_t number) {
  int code = sqlite3_bind_int64(stmt_.get(), index, number);
  if (code != SQLITE_OK) connection_->fail(code);
  return *this;
}

bool Statement::step() {
  int code = sqlite3_step(stmt_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    try {
      connection_->fail(code);
    } catch (...) {
      sqlite3_reset(stmt_.get());  // after the message was read
      throw;
    }
  }
  sqlite3_reset(stmt_.get());
  return false;
}

std::string Statement::string(int column) const {
  const void* data = sqlite3_column_blob(stmt_.get(), column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<size_t>(sqlite3_column_bytes(stmt_.get(), column))};
}

Connection::Connection(std::string path, Mode mode) : path_(std::move(path)) {
  int flags = mode == Mode::create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  std::string name = path_;
  if (mode == Mode::read_only && ::access((path_ + "-wal").c_str(), F_OK) != 0) {
    name = uri_of(path_) + "?immutable=1";
    flags |= SQLITE_OPEN_URI;
  }
  int code = sqlite3_open_v2(name.c_str(), &db_, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  try {
    if (code != SQLITE_OK) fail(code);
    sqlite3_extended_result_codes(db_, 1);
    sqlite3_busy_timeout(db_, 5000);  // a reader (status without a daemon) holds its lock for milliseconds
    if (mode == Mode::create && sqlite3_db_readonly(db_, "main") == 1)
      throw Error(ErrorKind::state, "open state file " + path_, "the file or its file system is read-only",
                  "give the daemon's user the right to write it: chown tidemark " + path_);
  } catch (...) {
    sqlite3_close_v2(db_);
    throw;
  }
}

Statement Connection::prepare(std::string_view sql) {
  sqlite3_stmt* stmt = nullptr;
  int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &stmt, nullptr);
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

void Connection::rollback() noexcept {
  // fails only when SQLite has rolled back by itself
  if (sqlite3_get_autocommit(db_) == 0) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Connection::relax() noexcept { sqlite3_exec(db_, "PRAGMA synchronous = NORMAL", nullptr, nullptr, nullptr); }

void Connection::fail(int code) const {
  std::string hint;
  ErrorKind kind = ErrorKind::state;
  switch (code & 0xff) {
    case SQLITE_FULL: hint = "make room on the file system, then start again; nothing is lost: df -h " + directory_of(path_); break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      kind = ErrorKind::busy;
      hint = "another program holds a write transaction on the file: see fuser -v " + path_;
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN: hint = "check the rights of the file and its directory: ls -ld " + directory_of(path_) + " " + path_; break;
    case SQLITE_IOERR: hint = "the file system reports an error: look at dmesg and df -h " + directory_of(path_); break;
    default: hint = rebuild_hint(path_); break;
  }
  Error error(kind, "state file " + path_, db_ != nullptr ? sqlite3_errmsg(db_) : sqlite3_errstr(code), hint);
  throw error.code("SQLite " + std::to_string(code));
}

}  // namespace tidemark::state
