// A round trip of the type catalogue: the same rows through the copy, through inserts and updates of the stream, into several sinks at
// once, compared with each other and with what the source prints. Owned by one test; one thread. Throws what the servers
// throw; what differs is returned as text.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "servers/database.h"
#include "servers/temp_dir.h"
#include "servers/tidemark_process.h"
#include "types/type_case.h"
#include "types/type_forms.h"

namespace tidemark::test {

constexpr const char* kTypesDatabase = "types";

class TypeRoundTrip {
 public:
  using Environment = std::vector<std::pair<std::string, std::string>>;
  /// Creates the tables and the rows that are there before the start. `sinks`: as in the configuration, a new server each.
  TypeRoundTrip(DatabaseServer& source, std::vector<TypeTable> tables, const std::vector<std::string>& sinks = {"sqlite", "postgres"});

  /// Starts one daemon a sink and waits until what is there is copied. False, with log(), when that does not happen.
  bool copy(const Environment& environment = {});
  /// The same values again, by the stream: inserted, updated from NULL, and untouched in a changed row.
  void change();
  /// More changes, in the database of the types.
  void execute(const std::string& sql);
  /// Waits until the sinks have everything that the source has committed.
  bool wait_for_stream();
  /// Columns that the sinks hold otherwise for equal rows, and values that are not what the source prints.
  std::vector<std::string> differences();
  /// Spoils one value in each sink, which differences() must see.
  void plant(const TypeTable& table, const TypeCase& column);
  /// The server of the i-th sink.
  DatabaseServer& sink(size_t i) { return *sides_.at(i)->server; }
  /// `tidemark verify` of each; what it printed when its exit is not 0.
  std::vector<std::string> verify();
  /// Columns whose type at the sink is another one than the document at `path` (conf/types.md) says.
  std::vector<std::string> undocumented(const std::string& path, const std::string& source_engine);
  /// Exit codes of the daemons after SIGTERM.
  std::vector<int> stop();
  std::string log() const;

 private:
  struct Side;
  void create(const TypeTable& table);
  void prepare_sinks(const TypeTable& table);
  void insert(const TypeTable& table, int first_id, bool values) const;
  std::vector<std::string> literals(const TypeTable& table, size_t row) const;
  std::unique_ptr<DatabaseClient> session(const TypeTable& table) const;
  bool caught_up(Side& side);
  TextRows ask(const Side& side, const std::string& sql);
  void compare_rows(Side& side, const TypeTable& table, std::vector<std::string>& out);
  void compare_with_source(Side& side, const TypeTable& table, const TextRows& source, std::vector<std::string>& out);
  std::string converted(Side& side, const TypeCase& column, const std::string& text);

  struct Side {
    std::string engine;
    SinkKind kind;
    std::unique_ptr<DatabaseServer> server;  // none for SQLite
    TempDir directory;
    std::string config;
    std::unique_ptr<TidemarkProcess> daemon;
  };

  DatabaseServer& source_;
  const bool from_postgres_;
  const std::vector<TypeTable> tables_;
  std::unique_ptr<DatabaseClient> client_;
  std::vector<std::unique_ptr<Side>> sides_;
  int marker_ = 0;
};

}  // namespace tidemark::test
