#include "workload/sink_target.h"

#include <fmt/core.h>

#include <filesystem>

#include "servers/sqlite_file.h"

namespace tidemark::test {

std::string SinkTarget::configure(const DatabaseServer& source, const PipelineFile& pipeline) const {
  return server_ ? write_config(directory_, source, *server_, pipeline) : write_config(directory_, source, pipeline);
}

std::string SinkTarget::value(const std::string& expression, const std::string& database, const std::string& table,
                              const std::string& where) const {
  const std::string condition = where.empty() ? "" : " WHERE " + where;
  try {
    const std::string from = sql_table(server_ ? server_->dialect() : Dialect::sqlite, database, table);
    const std::string sql = fmt::format("SELECT {} FROM {}{}", expression, from, condition);
    if (server_) return server_->value(sql);
    if (!std::filesystem::exists(sqlite_path(directory_))) return {};
    return SqliteFile(sqlite_path(directory_)).value(sql);
  } catch (const std::runtime_error& error) {
    const std::string what = error.what();
    if (what.find("does not exist") != std::string::npos || what.find("no such table") != std::string::npos ||
        what.find("doesn't exist") != std::string::npos || what.find("Unknown database") != std::string::npos) {
      return {};
    }
    throw;
  }
}

std::vector<std::string> SinkTarget::differences(const DatabaseServer& source, const std::string& database) const {
  const auto from = source.client();
  const auto tables = tables_of(*from, database);
  if (server_) return compare_tables(*from, *server_->client(), tables);
  if (!std::filesystem::exists(sqlite_path(directory_))) return {"there is no SQLite file"};
  SqliteFile to(sqlite_path(directory_));
  return compare_tables(*from, to, tables);
}

}  // namespace tidemark::test
