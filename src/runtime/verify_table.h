// Verifies one table: two passes and then what differed once more for tables with a key, multisets of row hashes for those without.
// Used by verify's one thread; throws Error as the engines do.
#pragma once

#include "runtime/verify.h"
#include "runtime/verify_log.h"
#include "runtime/verify_sides.h"

namespace tidemark {

struct VerifyContext {
  SourceSide& source;
  SinkSide& sink;
  VerifyLog& log;
};

/// `table`: index given to Sink::bind.
TableVerdict verify_keyed(const VerifyContext& context, uint32_t table, const SinkTable& names, const VerifyOptions& options);
TableVerdict verify_keyless(const VerifyContext& context, uint32_t table, const SinkTable& names, const VerifyOptions& options);

}  // namespace tidemark
