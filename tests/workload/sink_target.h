// The sink of a test's pipeline, a server or an SQLite file, so that one test body serves both. Owned by one test.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "servers/compare.h"
#include "servers/pipeline_config.h"

namespace tidemark::test {

class SinkTarget {
 public:
  /// Into this server, or into a file in `directory` when there is none.
  SinkTarget(const TempDir& directory, DatabaseServer* server) : directory_(directory), server_(server) {}

  std::string configure(const DatabaseServer& source, const PipelineFile& pipeline) const;
  /// First column of the first row; empty while there is no such table. `table` is named as at the source.
  std::string value(const std::string& expression, const std::string& database, const std::string& table,
                    const std::string& where = {}) const;
  /// Differences to all tables of these databases; nothing may write meanwhile.
  std::vector<std::string> differences(const DatabaseServer& source, const std::string& database) const;

 private:
  const TempDir& directory_;
  DatabaseServer* server_;
};

}  // namespace tidemark::test
