#include "live_model.h"

#include "live_rows.h"

namespace tidemark::verify_test {
namespace {

// engines are made by plain functions: the model that they belong to
LiveModel* current_model = nullptr;

}  // namespace

LiveModel::LiveModel(std::vector<std::string> tables, bool keyed) : tables_(std::move(tables)), keyed_(keyed) {
  for (const std::string& table : tables_) {
    visible_[table];
    sink_[table];
  }
}

void LiveModel::write(const std::string& table, int64_t id, std::optional<std::string> body) {
  std::lock_guard lock(source_mutex_);
  Rows& latest = latest_[table];
  std::optional<std::string> before;
  if (auto it = latest.find(id); it != latest.end()) before = it->second;
  log_.emplace_back(LoggedChange{table, id, body, before}, std::chrono::steady_clock::now());
  if (body)
    latest[id] = *body;
  else
    latest.erase(id);
  if (hiding_) return;
  if (body)
    visible_[table][id] = *body;
  else
    visible_[table].erase(id);
  visible_to_ = log_.size();
}

void LiveModel::show() {
  std::lock_guard lock(source_mutex_);
  for (; visible_to_ < log_.size(); ++visible_to_) {
    const LoggedChange& change = log_[visible_to_].first;
    if (change.body)
      visible_[change.table][change.id] = *change.body;
    else
      visible_[change.table].erase(change.id);
  }
  hiding_ = false;
}

void LiveModel::apply_one(const LoggedChange& change) {
  std::lock_guard lock(sink_mutex_);
  ++applied_;
  const unsigned lose = lose_every_;
  if ((lose != 0 && applied_ % lose == 0) || change.id == kept_from_sink_) return;
  if (change.body)
    sink_[change.table][change.id] = *change.body;
  else
    sink_[change.table].erase(change.id);
}

void LiveModel::apply_all() {
  for (;;) {
    std::optional<LoggedChange> next;
    {
      std::scoped_lock lock(source_mutex_, sink_mutex_);
      if (applied_ < log_.size()) next = log_[applied_].first;
    }
    if (!next) return;
    apply_one(*next);
  }
}

void LiveModel::start_applier(std::chrono::milliseconds delay) {
  applying_ = true;
  applier_ = std::thread([this, delay] {
    while (applying_) {
      std::optional<LoggedChange> next;
      {
        std::scoped_lock lock(source_mutex_, sink_mutex_);
        if (applied_ < log_.size() && log_[applied_].second + delay <= std::chrono::steady_clock::now()) next = log_[applied_].first;
      }
      if (next)
        apply_one(*next);
      else
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
}

void LiveModel::stop_applier() {
  applying_ = false;
  if (applier_.joinable()) applier_.join();
}

void LiveModel::damage_sink(const std::string& table, int64_t id, std::optional<std::string> body) {
  std::lock_guard lock(sink_mutex_);
  if (body)
    sink_[table][id] = *body;
  else
    sink_[table].erase(id);
}

Config LiveModel::config() const {
  Config config;
  config.sources["src"].engine = "model";
  config.sinks["dst"].engine = "sqlite";
  PipelineConfig pipeline;
  pipeline.name = "p";
  pipeline.source = "src";
  pipeline.sink = "dst";
  pipeline.tables.include = {"shop.*"};
  config.pipelines.push_back(pipeline);
  return config;
}

Engines LiveModel::engines() {
  current_model = this;
  Engines engines;
  engines.sources.push_back({"model", [](const SourceConfig&) { return make_live_source(*current_model); }});
  engines.sinks.push_back({"sqlite", [](const SinkConfig&) { return make_live_sink(*current_model); }});
  return engines;
}

}  // namespace tidemark::verify_test
