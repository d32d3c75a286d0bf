// Opening the state file: place, lock, identity, integrity, migration, in this order; nothing is written before all checks have passed.
// Any thread may open; the store then belongs to one thread at a time.
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "state/migrations.h"
#include "state/state_file.h"
#include "tidemark/error.h"

namespace tidemark {

namespace {

/// SQLite says "unable to open database file" for all of these.
void check_place(const std::string& path, bool must_exist) {
  auto refuse = [&](std::string cause, std::string hint) {
    throw Error(ErrorKind::state, "open state file " + path, std::move(cause), std::move(hint));
  };
  if (path.empty()) refuse("no path", "set daemon.state in the configuration");
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    if (!S_ISREG(info.st_mode)) refuse("it is not a regular file", "set daemon.state to a file, e.g. " + path + "/state.db");
    return;
  }
  if (must_exist) refuse(std::strerror(errno), "a daemon that has run with this configuration leaves one: is daemon.state right?");
  size_t slash = path.rfind('/');
  std::string directory = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  if (::stat(directory.c_str(), &info) != 0)
    refuse("the directory " + directory + " cannot be reached: " + std::strerror(errno),
           "create it, owned by the daemon's user: install -d -o tidemark " + directory);
  if (!S_ISDIR(info.st_mode)) refuse(directory + " is not a directory", "set daemon.state to a file in a directory");
}

void check_integrity(state::Connection& connection) {
  std::string answer = connection.string("PRAGMA quick_check(1)");
  if (answer != "ok")
    throw Error(ErrorKind::state, "open state file " + connection.path(), "it is damaged: " + answer,
                state::rebuild_hint(connection.path()));
}

}  // namespace

std::unique_ptr<StateStore> open_state(const std::string& path) {
  check_place(path, false);
  auto lock = std::make_unique<state::FileLock>(path);
  auto connection = std::make_unique<state::Connection>(path, state::Connection::Mode::create);
  bool is_new = state::check_identity(*connection);
  if (!is_new) check_integrity(*connection);
  if (connection->string("PRAGMA journal_mode = WAL") != "wal")
    throw Error(ErrorKind::state, "open state file " + path, "write-ahead logging cannot be used there",
                "put the state file on a local file system, not on a network share");
  connection->run("PRAGMA synchronous = FULL");
  state::migrate(*connection);
  connection->relax();
  return std::make_unique<state::StateFile>(std::move(lock), std::move(connection));
}

std::unique_ptr<StateStore> open_state_read_only(const std::string& path) {
  check_place(path, true);
  auto connection = std::make_unique<state::Connection>(path, state::Connection::Mode::read_only);
  if (state::check_identity(*connection))
    throw Error(ErrorKind::state, "open state file " + path, "it is empty", "start the daemon once: tidemark run");
  if (connection->integer("PRAGMA user_version") < state::current_version())
    throw Error(ErrorKind::state, "open state file " + path, "an older tidemark wrote it", "start the daemon once, it migrates the file");
  return std::make_unique<state::StateFile>(nullptr, std::move(connection));
}

}  // namespace tidemark
