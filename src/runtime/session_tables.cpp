// Which tables a session captures, and what becomes of those that join or leave between two sessions: a selection changed, a table was
// dropped, `snapshot --table`. The sink keeps the list beside the position, for the position speaks of these tables and no others.
#include <algorithm>
#include <iterator>
#include <set>

#include "base/failpoint.h"
#include "base/log.h"
#include "runtime/session.h"
#include "tidemark/error.h"

namespace tidemark {

namespace {

template <typename Tables>
bool contains(const Tables& tables, const TableName& name) {
  return std::find(tables.begin(), tables.end(), name) != tables.end();
}

std::string quoted(const std::string& name, char quote) {
  std::string out(1, quote);
  for (char c : name) out.append(c == quote ? 2 : 1, c);
  return out + quote;
}

bool is_stored(const StoredSchema& now, const StoredSchema& stored) {
  TableSchema same = stored.schema;
  same.rows_estimated = now.schema.rows_estimated;
  return same == now.schema;
}

/// The statement that empties it at the sink.
std::string emptying(const SinkTable& table, const std::string& sink_engine) {
  const char quote = sink_engine == "mysql" || sink_engine == "mariadb" ? '`' : '"';
  if (table.target_schema.empty()) return "DELETE FROM " + printable(quoted(table.target_table, quote));
  return "TRUNCATE " + printable(quoted(table.target_schema, quote) + "." + quoted(table.target_table, quote));
}

}  // namespace

/// What the log reader takes for a table of ours that it should know. With --table the rest of the selection is none of our business.
TableSelection Session::captured_selection() const {
  if (options_.only_tables.empty()) return pipeline_.tables;
  TableSelection selection = pipeline_.tables;
  selection.include.clear();
  for (const SchemaRef& schema : schemas_) selection.include.push_back(schema->name.text());
  return selection;
}

/// A table without finish records that has rows at the sink. Those of a captured table are ours: changes are applied before its first chunk
/// is. One that joins must be empty, or the user must have said that its rows may stay.
void Session::check_rows(const SavedState& saved, size_t table, bool copies) const {
  const TableName& name = schemas_[table]->name;
  if (tables_[table].captured) return;
  const bool returns = saved.position.known() && contains(saved.left, name);
  const std::string text = printable(name.text()), target = printable(tables_[table].target_table);
  if (!copies) {
    if (!returns) return;
    spdlog::warn("{}: {} is back in the pipeline; the sink lacks what was changed in between, and startup does not ask for a copy",
                 pipeline_.name, text);
    return;
  }
  // without a key no row can be replaced: all that are there still would be there twice
  const bool keep = pipeline_.keep_existing_rows && (!returns || schemas_[table]->has_key());
  if (keep && returns) {
    spdlog::warn("{}: {} is back in the pipeline and is copied anew over its rows (existing_rows: keep); those deleted meanwhile stay",
                 pipeline_.name, text);
  }
  if (keep) return;
  if (returns) {
    std::string hint = "Empty it, so that it is copied anew: " + emptying(tables_[table], config_.sinks.at(pipeline_.sink).engine) +
                       "; or take the table out of the selection again.";
    if (schemas_[table]->has_key()) {
      hint += " With existing_rows: keep it is copied over these rows, and those that the source has deleted since stay.";
    }
    throw Error(ErrorKind::data, "copying " + text,
                "it had left this pipeline and is back: the sink's table " + target +
                    " still has rows of back then, and lacks what was changed since",
                hint);
  }
  throw Error(
      ErrorKind::data, "copying " + text, "the sink's table " + target + " already has rows, and this pipeline has never written to it",
      "Empty the table, choose another target, or set existing_rows: keep for the pipeline: rows with the same key are then replaced, "
      "others stay.");
}

/// A captured table that had to be created: it was dropped at the sink, or has another name there now. Its rows are gone, and with them
/// went the records of its chunks (Sink::prepare), so that it is copied anew.
void Session::forget_lost_targets(SavedState& saved, const std::vector<PreparedTable>& prepared, bool copies) {
  std::vector<TableName> lost;
  for (size_t i = 0; i < schemas_.size(); ++i) {
    if (!prepared[i].created || !tables_[i].captured) continue;
    tables_[i].captured = false;
    lost.push_back(schemas_[i]->name);
    spdlog::warn("{}: the sink had no table {} any more, where {} was; {}", pipeline_.name, printable(tables_[i].target_table),
                 printable(lost.back().text()), copies ? "it is copied anew" : "it begins empty, since startup does not ask for a copy");
  }
  if (lost.empty()) return;
  std::erase_if(saved.captured, [&](const TableName& name) { return contains(lost, name); });
  forget_chunks(saved, lost);
}

/// In the state file: the sink's own records of these tables are gone already.
void Session::forget_chunks(SavedState& saved, const std::vector<TableName>& tables) {
  std::erase_if(saved.chunks, [&](const ChunkRecord& record) { return contains(tables, record.table); });
  std::lock_guard lock(state_.mutex);
  state_.store->rebuild(pipeline_.name, saved);
}

/// Changes of a table that this session does not capture are skipped, and the position moves over them: its copy is worth nothing from then
/// on. So the sink forgets its chunks before the position moves, and remembers that it left. The sink learns it first (design 2.5).
void Session::save_captured(SavedState& saved, const std::vector<StoredSchema>& stored) {
  std::set<TableName> before(saved.captured.begin(), saved.captured.end()), now;
  for (const SchemaRef& schema : schemas_) now.insert(schema->name);
  std::vector<TableName> joined, left;
  std::set_difference(now.begin(), now.end(), before.begin(), before.end(), std::back_inserter(joined));
  for (const ChunkRecord& record : saved.chunks) before.insert(record.table);
  std::set_difference(before.begin(), before.end(), now.begin(), now.end(), std::back_inserter(left));
  if (!joined.empty() || !left.empty()) sink_->change_captured(joined, left);
  failpoint("session.captured_saved");
  for (const TableName& name : left) {
    spdlog::warn(
        "{}: {} has left the pipeline ({}): its changes are not applied from here on, its rows at the sink stay as they are; "
        "when it comes back it is copied anew",
        pipeline_.name, printable(name.text()),
        pipeline_.tables.matches(name) ? "the source has no such table any more" : "it is not selected any more");
  }
  if (!left.empty() && saved.position.known()) forget_chunks(saved, left);
  save_schemas(saved, stored);
}

void Session::save_schemas(const SavedState& saved, const std::vector<StoredSchema>& stored) {
  std::vector<StoredSchema> to_store;
  for (const SchemaRef& schema : schemas_) {
    StoredSchema& table = to_store.emplace_back(StoredSchema{*schema, saved.position.known() ? saved.position.text() : "-"});
    // the reader has compared them by now
    if (auto now = partitions_now_.find(schema->name); now != partitions_now_.end()) table.schema.partitions = now->second;
  }
  if (std::equal(to_store.begin(), to_store.end(), stored.begin(), stored.end(), is_stored)) return;  // as after most restarts
  std::lock_guard lock(state_.mutex);
  state_.store->save_schemas(pipeline_.name, to_store);
}

}  // namespace tidemark
