// How a pipeline goes on after a session has ended: decisions from what the sink and the state file have saved, and from the error. Pure
// functions, used by the runtime and by the simulator of tests/sim. They throw Error where the law says stop.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/core.h"
#include "tidemark/error.h"
#include "tidemark/state.h"

namespace tidemark {

/// The sink is the truth (design 2.5): the state file follows it. True: it does not, and is to be rebuilt from the sink.
/// Throws Error(state) when the sink knows nothing of what the state file says. `state_path` is for the hint.
bool state_differs(const std::string& pipeline, const SavedState& saved, const StoredPipeline& stored, const std::string& state_path);

/// Of a state file that differs: only the position does, for the sink's latest commits were not mirrored yet.
bool same_chunks(const SavedState& saved, const StoredPipeline& stored);

/// Where reading goes on, on a server that may be another one than the saved position is of: after a failover GTIDs carry over, offsets are
/// those of another log. `log_name` is the other server's.
Position resumed_at(const Position& saved, const std::string& server, const std::string& log_name);

/// Plain mode: rows of the copy may be ahead of the position (Position::copied_to), and only the log that they were read beside settles
/// them. Throws Error(lineage) when the server is another one, or when its log, which ends at `log_end` now, lacks a part of that.
void check_copied_to(const Position& saved, const std::string& server, const LogOffset& log_end);

/// An error of the sink, with what to do about it where the copy is ahead of the log (Core::copy_is_ahead): changes are repeated over rows
/// that were read later, and so a value of another unique key can meet itself.
Error explained(const Error& error, bool copy_is_ahead);

/// Only the GTIDs of such a start are known: read views before the log's end, as it is now, may lack something of it
/// (CoreOptions::views_from).
inline bool views_need_bound(const Position& start) { return start.known() && start.offset.file == 0; }

/// `described_at`: where the log ended when the tables were described. A session that has delivered everything up to there without meeting
/// another schema than those it knows has the proof that today's columns held all the time, whatever the state file said.
inline bool schemas_proved(const Position& delivered, const LogOffset& described_at) { return delivered.offset >= described_at; }

using RecordsByTable = std::map<TableName, std::vector<ChunkRecord>>;
RecordsByTable records_by_table(const std::vector<ChunkRecord>& records);

/// A table as the core begins with it; `sink_is_empty`: it has no rows.
CoreTable table_to_copy(SchemaRef schema, bool copies, bool sink_is_empty, const RecordsByTable& records);

struct NextSession {
  bool give_up = false;
  bool ordered = false;  // CoreOptions::ordered of the next session
  bool at_once = false;  // without a pause
};
/// After a session that was `ordered` ended with an error that `may_pass`.
NextSession after_error(ErrorKind kind, bool may_pass, bool ordered);

}  // namespace tidemark
