#include "pipeline/resume.h"

namespace tidemark {

bool state_differs(const std::string& pipeline, const SavedState& saved, const StoredPipeline& stored, const std::string& state_path) {
  if (!saved.position.known()) {
    if (!stored.found || !stored.position.known()) return false;
    throw Error(ErrorKind::state, "resuming pipeline " + pipeline,
                "the state file says that it stands at " + stored.position.text() + ", but the sink knows nothing of it",
                "Is this the right sink? To copy everything anew into it, move the state file " + state_path + " away and start again.");
  }
  return !stored.found || !(stored.position == saved.position) || stored.chunks.size() != saved.chunks.size();
}

Position resumed_at(const Position& saved, const std::string& server, const std::string& log_name) {
  Position position = saved;
  if (position.server == server) return position;
  position.server = server;
  position.log_name = log_name;
  position.offset = {};
  if (position.read_from.file == 0) position.read_from_gtids = {};  // else prepared XA transactions are read again by their GTIDs
  return position;
}

CoreTable table_to_copy(SchemaRef schema, bool copies, bool sink_is_empty, const SavedState& saved) {
  CoreTable table;
  table.schema = std::move(schema);
  table.copy = copies;
  table.sink_was_empty = sink_is_empty;
  for (const ChunkRecord& record : saved.chunks) {
    if (record.table == table.schema->name) table.records.push_back(record);
  }
  return table;
}

NextSession after_error(ErrorKind kind, bool may_pass, bool ordered) {
  // A unique key of the sink that is not the row's key can clash while net changes are applied: once more, in source order.
  if (kind != ErrorKind::sink_conflict) return {!may_pass, ordered, false};
  return {ordered, true, !ordered};
}

}  // namespace tidemark
