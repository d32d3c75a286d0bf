#include "workload/sink_target.h"

#include <fmt/core.h>

#include <filesystem>

namespace tidemark::test {

std::string SinkTarget::configure(const MysqlFamilyServer& source, const PipelineFile& pipeline) const {
  return server_ ? write_config(directory_, source, *server_, pipeline) : write_config(directory_, source, pipeline);
}

std::string SinkTarget::value(const std::string& expression, const std::string& database, const std::string& table,
                              const std::string& where) const {
  const std::string condition = where.empty() ? "" : " WHERE " + where;
  try {
    if (server_)
      return server_->value(fmt::format("SELECT {} FROM {}.{}{}", expression, postgres_name(database), postgres_name(table), condition));
    if (!std::filesystem::exists(sqlite_path(directory_))) return {};
    return SqliteFile(sqlite_path(directory_)).value(fmt::format("SELECT {} FROM {}{}", expression, postgres_name(table), condition));
  } catch (const std::runtime_error& error) {
    const std::string what = error.what();
    if (what.find("does not exist") != std::string::npos || what.find("no such table") != std::string::npos) return {};
    throw;
  }
}

std::vector<std::string> SinkTarget::differences(MysqlFamilyServer& source, const std::string& database) const {
  MysqlClient from = source.connect();
  const auto tables = tables_of(from, database);
  if (server_) {
    PostgresClient to = server_->connect();
    return compare_tables(from, to, tables);
  }
  if (!std::filesystem::exists(sqlite_path(directory_))) return {"there is no SQLite file"};
  SqliteFile to(sqlite_path(directory_));
  return compare_tables(from, to, tables);
}

}  // namespace tidemark::test
