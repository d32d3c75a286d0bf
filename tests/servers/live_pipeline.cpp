#include "servers/live_pipeline.h"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "servers/compare.h"
#include "servers/sqlite_file.h"
#include "servers/wait.h"

namespace tidemark::test {

LivePipeline::LivePipeline(DatabaseServer& source, DatabaseServer* sink, std::string database, PipelineFile settings)
    : source_(source), sink_(sink), database_(std::move(database)), settings_(std::move(settings)) {
  if (settings_.include.empty()) settings_.include = {database_ + ".*"};
  if (settings_.name == PipelineFile().name) settings_.name = database_;  // several tests may share a sink
}

void LivePipeline::write() {
  config_ = sink_ != nullptr ? write_config(directory_, source_, *sink_, settings_) : write_config(directory_, source_, settings_);
}

void LivePipeline::start(std::vector<std::pair<std::string, std::string>> environment) {
  write();
  daemon_ = std::make_unique<TidemarkProcess>(directory_, config_, std::vector<std::string>{}, std::move(environment));
}

int LivePipeline::exit_code(std::chrono::milliseconds limit) { return daemon_->wait(limit).value_or(-1); }

std::string LivePipeline::status(const std::string& pointer) const {
  const Finished answer = run_tidemark({"status", "--json", "-c", config_});
  const auto json = nlohmann::json::parse(answer.out, nullptr, false);
  if (answer.exit != 0 || json.is_discarded()) return {};
  const auto value = json.value(nlohmann::json::json_pointer("/pipelines/0" + pointer), nlohmann::json());
  if (value.is_null()) return {};
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string LivePipeline::state() const { return status("/state"); }

bool LivePipeline::reaches(const std::string& state, std::chrono::milliseconds limit) const {
  if (wait_until(limit, [&] { return this->state() == state; })) return true;
  std::cerr << "not " << state << ":\n" << daemon_->log_tail();
  return false;
}

std::vector<std::string> LivePipeline::differences() {
  const auto from = source_.client();
  if (sink_ != nullptr) return compare_tables(*from, *sink_->client(), tables_of(*from, database_));
  if (!std::filesystem::exists(sqlite_path(directory_))) return {"no file yet"};
  SqliteFile to(sqlite_path(directory_));
  return compare_tables(*from, to, tables_of(*from, database_));
}

bool LivePipeline::becomes_equal(std::chrono::milliseconds limit) {
  std::vector<std::string> last;
  const bool equal = wait_until(limit, [&] {
    try {
      last = differences();
    } catch (const std::exception& e) {
      last = {e.what()};
    }
    return last.empty();
  });
  if (equal) return true;
  for (const std::string& line : last) std::cerr << line << "\n";
  if (daemon_) std::cerr << daemon_->log_tail();
  return false;
}

std::string LivePipeline::on_table(std::string sql, const std::string& table) const {
  const std::string name = sql_table(sink_ != nullptr ? sink_->dialect() : Dialect::sqlite, database_, table);
  for (size_t at = sql.find("{t}"); at != std::string::npos; at = sql.find("{t}", at + name.size())) sql.replace(at, 3, name);
  return sql;
}

std::string LivePipeline::sink_value(const std::string& sql, const std::string& table) {
  return sink_ != nullptr ? sink_->value(on_table(sql, table)) : SqliteFile(sqlite_path(directory_)).value(on_table(sql, table));
}

long long LivePipeline::sink_number(const std::string& sql, const std::string& table) {
  try {
    const std::string value = sink_value(sql, table);
    return value.empty() ? -1 : std::stoll(value);
  } catch (const std::exception&) {
    return -1;
  }
}

void LivePipeline::sink_exec(const std::string& sql, const std::string& table) {
  if (sink_ != nullptr)
    sink_->exec(on_table(sql, table));
  else
    SqliteFile(sqlite_path(directory_)).exec(on_table(sql, table));
}

bool LivePipeline::log_has(const std::string& text) const { return daemon_->log().find(text) != std::string::npos; }

}  // namespace tidemark::test
