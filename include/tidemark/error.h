// The one exception class. What a catcher needs is a property, not a type: what to do, how far it reaches, which hint to print.
// Never carries row values or passwords. Copyable, any thread.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

namespace tidemark {

enum class ErrorKind : uint8_t {
  internal,            // a bug of ours
  usage,               // the command line
  config,              // the configuration file
  state,               // the state file cannot be used
  busy,                // another daemon holds the state file, the sink or the server id; retried by a pipeline that has run
  source_unavailable,  // cannot connect, connection lost
  sink_unavailable,
  credentials,      // wrong password or missing grants
  server_settings,  // the source or sink is set up in a way that we cannot work with
  log_purged,       // the log that we need is gone
  lineage,          // not the server that the saved position belongs to
  stale_view,       // the table was changed or emptied after the read view was opened, which does not show it any more: open another
  schema_changed,   // DDL on a captured table
  unsupported,      // an event or type that we do not understand; design rule 2.7
  corrupt,          // bytes that contradict the protocol, checksum mismatch
  data,             // the sink cannot hold a value, or a change meets no row
  sink_conflict,    // unique or foreign key violation at the sink
  commit_unknown,   // connection lost while COMMIT was under way
  interrupted,      // stop was asked for
};

/// What the session loop does with an error; decided in one place (src/base/error.cpp).
enum class Retry : uint8_t { never, with_backoff };

class Error : public std::exception {
 public:
  /// `what_failed` and `cause` are printed as "tidemark: <what failed>: <cause>"; lower case, no full stop.
  Error(ErrorKind kind, std::string what_failed, std::string cause, std::string hint = {});

  ErrorKind kind() const { return kind_; }
  const std::string& what_failed() const { return what_failed_; }
  const std::string& cause() const { return cause_; }
  /// A sentence that says what to do, with a command or statement where one exists; may be empty.
  const std::string& hint() const { return hint_; }
  /// Text form of the log position where it happened; empty when it has none.
  const std::string& position() const { return position_; }
  /// The server's own code: SQLSTATE or error number; empty when none.
  const std::string& server_code() const { return server_code_; }
  Error& at(std::string position) {
    position_ = std::move(position);
    return *this;
  }
  Error& code(std::string server_code) {
    server_code_ = std::move(server_code);
    return *this;
  }

  const char* what() const noexcept override { return text_.c_str(); }  // "<what failed>: <cause>"

 private:
  ErrorKind kind_;
  std::string what_failed_, cause_, hint_, position_, server_code_, text_;
};

/// "log_purged": for status, metrics and JSON.
std::string_view kind_name(ErrorKind kind);
Retry retry_of(ErrorKind kind);
/// The process exit code, see the table in README: 0 done, 1 internal, 2 usage, 65 data, 69 unavailable, ...
int exit_code_of(ErrorKind kind);

/// Replaces control characters of text that a server or a file gave us, so that it cannot forge log lines.
std::string printable(std::string_view untrusted);

}  // namespace tidemark
