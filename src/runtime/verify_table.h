// Verifies one table: two passes and re-reading for tables with a key, multisets of row hashes for those without.
// Used by verify's one thread; throws Error as the engines do.
#pragma once

#include "runtime/verify.h"
#include "runtime/verify_sides.h"

namespace tidemark {

/// `table`: index given to Sink::bind.
TableVerdict verify_keyed(SourceSide& source, SinkSide& sink, uint32_t table, const SinkTable& names, const VerifyOptions& options);
TableVerdict verify_keyless(SourceSide& source, SinkSide& sink, uint32_t table, const SinkTable& names, const VerifyOptions& options);

}  // namespace tidemark
