// How a session begins: connect both ends, find out where the sink stands, and build the core from it.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/failpoint.h"
#include "base/log.h"
#include "pipeline/resume.h"
#include "runtime/named_choice.h"
#include "runtime/pipeline_source.h"
#include "runtime/session.h"
#include "runtime/target_names.h"
#include "tidemark/error.h"

namespace tidemark {

namespace {

template <typename List>
const auto& engine_named(const List& engines, const std::string& name) {
  auto it = std::find_if(engines.begin(), engines.end(), [&](const auto& e) { return e.name == name; });
  if (it == engines.end()) throw Error(ErrorKind::config, "starting the pipeline", "this build has no engine '" + name + "'");
  return *it;
}

/// For people: the transactions that reads wait for may be hundreds.
std::string brief(Position position) {
  const std::vector<uint64_t> unseen = std::move(position.unseen);
  position.unseen.clear();
  if (unseen.empty()) return position.text();
  return fmt::format("{} unseen={} ({}-{})", position.text(), unseen.size(), unseen.front(), unseen.back());
}

constexpr uint32_t kScanConnectionsMax = 8;  // every worker may have as many

/// Where the rows lie is for the source to compare.
bool same_table(const TableSchema& stored, TableSchema now) {
  now.partitions = stored.partitions;
  return stored == now;
}

bool starts_at_end(Startup startup) {
  return startup == Startup::initial || startup == Startup::snapshot_only || startup == Startup::latest;
}

/// `schemas` were read a moment before the position was, `now` after it: they hold there only when nothing was altered in between.
void require_unchanged(const std::vector<SchemaRef>& schemas, const std::vector<SchemaRef>& now) {
  std::map<TableName, const TableSchema*> by_name;
  for (const SchemaRef& schema : now) by_name[schema->name] = schema.get();
  for (const SchemaRef& schema : schemas) {
    auto it = by_name.find(schema->name);
    if (it != by_name.end()) {
      TableSchema same = *it->second;
      same.rows_estimated = schema->rows_estimated;
      if (same == *schema) continue;
    }
    throw Error(ErrorKind::source_unavailable, "choosing the place in the log to start from",
                "table " + printable(schema->name.text()) + " was altered at this moment", "It is tried again.");
  }
}

}  // namespace

void Session::connect() {
  SourceConfig source_config = source_of_pipeline(config_.sources.at(pipeline_.source), pipeline_.name, options_.memory_limit);
  source_config.postgres.scan_connections = std::min(pipeline_.snapshot_workers, kScanConnectionsMax);
  const SinkConfig& sink_config = config_.sinks.at(pipeline_.sink);
  auto source = engine_named(engines_.sources, source_config.engine).make(source_config);
  auto retention_source = engine_named(engines_.sources, source_config.engine).make(source_config);
  auto sink = engine_named(engines_.sinks, sink_config.engine).make(sink_config);
  {
    std::lock_guard lock(mutex_);  // request_stop() and abort() may look for them at any time
    source_ = std::move(source);
    retention_source_ = std::move(retention_source);
    sink_ = std::move(sink);
    if (stopping_) source_->cancel();
  }
  source_info_ = source_->check();
  failpoint("session.source_checked");
  for (const std::string& warning : source_info_.warnings) spdlog::warn("{}: source {}: {}", pipeline_.name, pipeline_.source, warning);
  sink_version_ = sink_->open();
  failpoint("session.sink_open");

  SavedState saved = sink_->load_state(pipeline_.name);
  StoredPipeline stored;
  {
    std::lock_guard lock(state_.mutex);
    stored = state_.store->load(pipeline_.name);
  }
  failpoint("session.state_loaded");
  reconcile_state(saved, stored);
  failpoint("session.reconciled");
  schemas_ = schemas_at(saved, stored);
  if (!copy_allowed_) described_at_ = source_->end_position().offset;
  const bool resumes = saved.position.known();
  if (resumes) start_ = starting_position(saved);  // before the sink is touched: it may be another server's
  std::vector<CoreTable> tables;
  prepare_sink(saved, tables);
  if (!resumes) {  // from here on the source may keep its log for us: not for a pipeline that its sink refuses
    start_ = starting_position(saved);
    if (starts_at_end(pipeline_.startup)) require_unchanged(schemas_, source_->describe(pipeline_.tables));
  }
  failpoint("session.start_chosen");
  make_core(start_, std::move(tables));
  set_stop_position();
  auto reader = source_->open_log(start_, schemas_, captured_selection());
  failpoint("session.log_open");
  std::vector<std::unique_ptr<SnapshotReader>> snapshot_readers;
  if (!core_->copy_committed() && copy_allowed_) {
    for (uint32_t i = 0; i < pipeline_.snapshot_workers; ++i) snapshot_readers.push_back(source_->open_snapshot());
  }
  // before the position can move, but not before all is found fit: a table that leaves must be copied anew
  save_captured(saved, stored.schemas);
  if (resumes) source_->capture_only(schemas_);
  failpoint("session.schemas_saved");
  std::lock_guard lock(mutex_);  // request_stop() may look for them at any time
  reader_ = std::move(reader);
  snapshot_readers_ = std::move(snapshot_readers);
  connected_ = true;
  spdlog::info("{}: {} {} -> {}, {} tables, from {}", pipeline_.name, source_info_.engine, source_info_.version, sink_version_,
               schemas_.size(), brief(start_));
}

/// The sink is the truth (design 2.5): the state file follows it, and is rebuilt from it when it was lost.
void Session::reconcile_state(const SavedState& saved, const StoredPipeline& stored) {
  if (!state_differs(pipeline_.name, saved, stored, config_.daemon.state)) return;
  if (!stored.found) spdlog::info("{}: the state file knows nothing of this pipeline; it is rebuilt from the sink", pipeline_.name);
  std::lock_guard lock(state_.mutex);
  if (same_chunks(saved, stored)) {
    state_.store->save_commit(pipeline_.name, saved.position, {});
  } else {
    state_.store->rebuild(pipeline_.name, saved);
  }
}

Position Session::starting_position(const SavedState& saved) {
  if (saved.position.known()) {  // resuming wins over the startup mode
    source_->check_position(saved.position);
    if (saved.position.copied_to.file != 0) check_copied_to(saved.position, source_info_.server, source_->end_position().offset);
    if (saved.position.server == source_info_.server) return source_->resume_position(saved.position, saved.captured);
    spdlog::info("{}: the source is now server {} (it was {}); its GTIDs prove that reading can go on", pipeline_.name, source_info_.server,
                 saved.position.server);
    return resumed_at(saved.position, source_info_.server, source_->end_position().log_name);
  }
  switch (pipeline_.startup) {
    case Startup::earliest: return source_->earliest_position();
    case Startup::timestamp: return source_->position_at(pipeline_.startup_micros);
    case Startup::specific: {
      Position p = source_->position_from(pipeline_.startup_position);
      source_->check_position(p);
      return p;
    }
    case Startup::initial:
    case Startup::snapshot_only:
    case Startup::latest: break;
  }
  return source_->start_position();
}

/// Tables that this pipeline captures keep the schema that held at the saved position (design 2.9); others have today's.
std::vector<SchemaRef> Session::schemas_at(const SavedState& saved, const StoredPipeline& stored) {
  std::vector<SchemaRef> now = source_->describe(pipeline_.tables);
  std::vector<SchemaRef> ruled = now;
  for (const StoredSchema& s : stored.schemas) ruled.push_back(std::make_shared<TableSchema>(s.schema));
  if (!now.empty()) check_column_rules(pipeline_, ruled);
  const std::set<TableName> captured(saved.captured.begin(), saved.captured.end());
  if (!options_.only_tables.empty()) {
    std::vector<TableName> names;
    for (const SchemaRef& schema : now) names.push_back(schema->name);
    std::set<TableName> joining;
    for (size_t i : choose_tables(names, options_.only_tables, "snapshot of pipeline " + pipeline_.name)) joining.insert(names[i]);
    std::erase_if(now, [&](const SchemaRef& s) { return joining.count(s->name) == 0 && captured.count(s->name) == 0; });
  }
  std::map<TableName, const TableSchema*> known;
  if (saved.position.known()) {
    for (const StoredSchema& s : stored.schemas) {
      if (captured.count(s.schema.name) != 0) known[s.schema.name] = &s.schema;
    }
  }
  std::vector<SchemaRef> out;
  for (const SchemaRef& schema : now) {
    partitions_now_[schema->name] = schema->partitions;
    auto it = known.find(schema->name);
    if (it == known.end()) {
      out.push_back(schema);
      continue;
    }
    auto kept = std::make_shared<TableSchema>(*it->second);
    kept->rows_estimated = schema->rows_estimated;
    if (kept->source_id == 0) kept->source_id = schema->source_id;  // stored by a version that did not ask
    if (!same_table(*kept, *schema)) {
      copy_allowed_ = false;
      described_.push_back(schema);
      spdlog::warn("{}: {} has changed since the saved position; the log will show where", pipeline_.name, printable(schema->name.text()));
    }
    out.push_back(std::move(kept));
    known.erase(it);
  }
  for (const auto& [name, schema] : known) {  // dropped or renamed since: the log still has rows of it before it says so
    if (pipeline_.tables.matches(name)) out.push_back(std::make_shared<TableSchema>(*schema));
  }
  if (out.empty()) {
    throw Error(ErrorKind::config, "starting pipeline " + pipeline_.name, "no table at the source matches its selection",
                "Check tables.include and tables.exclude, and that " + config_.sources.at(pipeline_.source).address.user +
                    " may SELECT from them.");
  }
  std::sort(out.begin(), out.end(), [](const SchemaRef& a, const SchemaRef& b) { return a->name < b->name; });
  return out;
}

/// The log has nothing of the change that the state file promised: what it has stored is of another history. Throws, to begin anew.
void Session::adopt_schemas() {
  for (const SchemaRef& today : described_) {
    const auto kept = std::find_if(schemas_.begin(), schemas_.end(), [&](const SchemaRef& s) { return s->name == today->name; });
    if (kept == schemas_.end() || (*kept)->source_id == today->source_id) continue;
    throw Error(ErrorKind::schema_changed, "table " + printable(today->name.text()), "another table has taken its name",
                "exclude it, start the pipeline once, and include it again: the table that has the name now is then copied");
  }
  std::vector<StoredSchema> to_store;
  for (const SchemaRef& schema : schemas_) {
    auto today = std::find_if(described_.begin(), described_.end(), [&](const SchemaRef& s) { return s->name == schema->name; });
    to_store.push_back(
        {today == described_.end() ? *schema : **today, unsaved_position_.known() ? unsaved_position_.text() : start_.text()});
  }
  {
    std::lock_guard lock(state_.mutex);
    state_.store->save_schemas(pipeline_.name, to_store);
  }
  throw Error(ErrorKind::source_unavailable, "resuming pipeline " + pipeline_.name,
              "the state file has other columns of " + printable(described_.front()->name.text()) + " than the log and the server",
              "The columns of today are taken.");
}

void Session::prepare_sink(SavedState& saved, std::vector<CoreTable>& tables) {
  tables_ = sink_tables(pipeline_, config_.sinks.at(pipeline_.sink).engine, schemas_);
  if (saved.position.known()) {
    const std::set<TableName> captured(saved.captured.begin(), saved.captured.end());
    for (SinkTable& table : tables_) table.captured = captured.count(table.schema->name) != 0;
  }
  std::vector<PreparedTable> prepared = sink_->prepare(pipeline_.name, tables_);
  failpoint("session.targets_prepared");
  bool copies = pipeline_.startup == Startup::initial || pipeline_.startup == Startup::snapshot_only || options_.stop_after_copy;
  forget_lost_targets(saved, prepared, copies);
  const RecordsByTable records = records_by_table(saved.chunks);
  for (size_t i = 0; i < schemas_.size(); ++i) {
    CoreTable t = table_to_copy(schemas_[i], copies, prepared[i].was_empty, records);
    CopyProgress copied;
    for (const ChunkRecord& record : t.records) {
      if (!record.done) continue;
      copied.rows_before += record.rows;
      ++copied.chunks_before;
    }
    if (t.records.empty() && !prepared[i].was_empty) check_rows(saved, i, copies);
    copied.rows = copied.rows_before;
    copied.chunks = copied.chunks_before;
    std::lock_guard lock(mutex_);
    copied_[schemas_[i]->name] = copied;
    tables.push_back(std::move(t));
  }
}

void Session::make_core(Position start, std::vector<CoreTable> tables) {
  CoreOptions options;
  options.batch_rows = pipeline_.batch_rows;
  options.batch_bytes = std::min<uint64_t>(pipeline_.batch_bytes, options_.memory_limit / 16);
  options.chunk_rows = pipeline_.chunk_rows;
  options.chunk_bytes = std::min<uint64_t>(pipeline_.chunk_bytes, options_.memory_limit / 16);
  options.adapt_chunks = pipeline_.adapt_chunks;
  options.chunks_in_flight_max = pipeline_.snapshot_workers + 2;
  options.deferred_bytes_max = options_.memory_limit / 16;
  options.exactly_once = pipeline_.exactly_once;
  options.ordered = options_.ordered;
  // Where only the GTIDs of the start are known, all of them lie before the end of the log: check_position has seen to that.
  if (views_need_bound(start)) options.views_from = source_->end_position().offset;
  auto core = std::make_unique<Core>(options, std::move(start), std::move(tables));
  std::lock_guard lock(mutex_);
  core_ = std::move(core);
}

void Session::set_stop_position() {
  switch (pipeline_.stop) {
    case StopAt::never: break;
    case StopAt::latest: core_->stop_at(source_->end_position().offset); break;
    case StopAt::timestamp: core_->stop_at_micros(pipeline_.stop_micros); break;
    case StopAt::specific: {
      Position p = source_->position_from(pipeline_.stop_position);
      if (p.offset.file != 0) {
        core_->stop_at(p.offset);
      } else {
        core_->stop_at(p.gtids);
      }
      break;
    }
  }
}

}  // namespace tidemark
