#include "pipeline/resume.h"

#include <algorithm>
#include <tuple>

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

bool same_chunks(const SavedState& saved, const StoredPipeline& stored) {
  const auto in_order = [](std::vector<ChunkRecord> chunks) {
    std::sort(chunks.begin(), chunks.end(), [](const ChunkRecord& a, const ChunkRecord& b) {
      return std::tie(a.table, a.range.after, a.range.upto, a.range.only) < std::tie(b.table, b.range.after, b.range.upto, b.range.only);
    });
    return chunks;
  };
  return stored.found && in_order(saved.chunks) == in_order(stored.chunks);
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

void check_copied_to(const Position& saved, const std::string& server, const LogOffset& log_end) {
  if (saved.copied_to.file == 0 || (saved.server == server && saved.copied_to <= log_end)) return;
  auto place = [&](const LogOffset& offset) {
    Position p = saved;
    p.offset = offset;
    return p.file_text();
  };
  const std::string copied = "rows of the copy (exactly_once: false) are as of " + place(saved.copied_to) + " of server " + saved.server;
  throw Error(
      ErrorKind::lineage, "continuing from the saved position",
      saved.server == server ? copied + ", whose log ends at " + place(log_end) + " now"
                             : copied + ", and this is server " + server + ", which may lack what they have",
      "Connect to the server that has this log, or copy everything anew: empty the target tables, remove this pipeline's state at the "
      "sink and in the state file, and start it with startup: initial. With exactly_once: true a copy is never ahead of the "
      "position, and goes on at another server.")
      .at(saved.file_text());
}

Error explained(const Error& error, bool copy_is_ahead) {
  if (error.kind() != ErrorKind::sink_conflict || !copy_is_ahead) return error;
  return Error(error.kind(), error.what_failed(), error.cause(),
               "With exactly_once: false the log is applied once more to rows that the copy has read later, so a value may be in two rows "
               "for a while: drop the target's other unique keys until the copy has caught up, or set exactly_once: true and copy into an "
               "empty target again.")
      .at(error.position())
      .code(error.server_code());
}

RecordsByTable records_by_table(const std::vector<ChunkRecord>& records) {
  RecordsByTable by_table;
  for (const ChunkRecord& record : records) by_table[record.table].push_back(record);
  return by_table;
}

CoreTable table_to_copy(SchemaRef schema, bool copies, bool sink_is_empty, const RecordsByTable& records) {
  CoreTable table;
  table.schema = std::move(schema);
  table.copy = copies;
  table.sink_was_empty = sink_is_empty;
  const auto own = records.find(table.schema->name);
  if (own != records.end()) table.records = own->second;
  return table;
}

NextSession after_error(ErrorKind kind, bool may_pass, bool ordered) {
  // A unique key of the sink that is not the row's key can clash while net changes are applied: once more, in source order.
  if (kind != ErrorKind::sink_conflict) return {!may_pass, ordered, false};
  return {ordered, true, !ordered};
}

}  // namespace tidemark
