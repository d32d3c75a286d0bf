// The promises of design sections 1 and 2, checked from outside the core: against the source's own history, not against what the core says.
// All functions throw Violation.
#pragma once

#include <optional>

#include "sim/sink.h"
#include "sim/source.h"
#include "tidemark/state.h"

namespace tidemark::sim {

/// The sink shows, of every table, exactly the rows that the source had at the sink's position: all of them where the finish records say
/// so, none that is older or newer anywhere. `before`: how many transactions it had at its commit before. Returns how many it has now.
size_t check_sink(const Source& source, const Sink& sink, size_t before);
/// Each change of the batch that was dropped could be dropped: not on a key whose chunk is in the sink, not in a table whose chunks'
/// extents are not known, and as seen by a read only when the source shows it to reads.
void check_drops(const Source& source, const Sink& sink, const LogBatch& batch, const CoreCounts& before, const CoreCounts& after);
/// A change that was delivered while a chunk of its table was being read.
struct WaitingChange {
  size_t transaction;
  int places[2];  // of the rows before and after, -1: none
};
/// What became of them when the rows came: dropped as seen by the read only when the view had them, as not read yet only where the read
/// ended before their keys. `range`: of the chunk, as far as it was read.
void check_settled(const Source& source, const TableShape& shape, const KeyRange& range, const View& view,
                   const std::vector<WaitingChange>& waiting, const CoreCounts& before, const CoreCounts& after);
/// What became of the changes adds up.
void check_counts(const Core& core);
/// The core holds no more than its options allow it.
void check_memory(const Core& core, const CoreOptions& options, size_t largest_batch_bytes);
/// Equal: every row of every table.
void check_equal(const Source& source, const Sink& sink);

}  // namespace tidemark::sim
