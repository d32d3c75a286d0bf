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

/// What both kinds of check work with: the two sides of one table, and the verdict that they fill.
class TableCheck {
 protected:
  /// `names.schema` and `options` must outlive it.
  TableCheck(const VerifyContext& context, uint32_t table, const SinkTable& names, const VerifyOptions& options)
      : source_(context.source),
        sink_(context.sink),
        log_(context.log),
        table_(table),
        schema_ref_(names.schema),
        schema_(*schema_ref_),
        options_(options) {
    verdict_.table = schema_.name.text();
  }
  void report() const {
    if (options_.progress) options_.progress(verdict_);
  }

  SourceSide& source_;
  SinkSide& sink_;
  VerifyLog& log_;
  const uint32_t table_;
  const SchemaRef& schema_ref_;
  const TableSchema& schema_;
  const VerifyOptions& options_;
  TableVerdict verdict_;
};

/// `table`: index given to Sink::bind.
TableVerdict verify_keyed(const VerifyContext& context, uint32_t table, const SinkTable& names, const VerifyOptions& options);
TableVerdict verify_keyless(const VerifyContext& context, uint32_t table, const SinkTable& names, const VerifyOptions& options);

}  // namespace tidemark
