// A difference between rows that were read at two moments may only be a change in between, and a row that changes many times a second
// never rests. So both sides are brought to one position: the sink's rows are those at its position P, and the source's rows become those
// at P when the log's changes that their read did not see are merged into them, as a chunk of the copy is merged (design 2.2). The log is
// replayed from a position that the read view was proved to see, which makes lower bounds of visibility do as well as exact ones.
// Used by verify's one thread; throws what the engines throw.
#pragma once

#include <vector>

#include "runtime/verify_compare.h"
#include "runtime/verify_log.h"
#include "runtime/verify_sides.h"

namespace tidemark {

/// The log from `from` to `held` tells all that lies between a view of the source and a read of the sink.
bool log_joins(const Position& from, const ViewPlace& view, const Position& held);

/// Reads `keys` from both sides and says which differ. `proved`, unless the sink stands behind the source, a commit at the source is in
/// the log but not visible yet (as it may be while XA transactions are prepared), or the log does not tell all columns of a row whose key
/// has changed: then it is to be tried again.
std::vector<Finding> compare_at_one_position(SourceSide& source, SinkSide& sink, VerifyLog& log, uint32_t table, const SchemaRef& schema,
                                             const std::vector<KeyBytes>& keys);

}  // namespace tidemark
