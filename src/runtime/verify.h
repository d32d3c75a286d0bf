// Compares source and sink row by row while both are live: the daemon may be applying and the source may be written to.
// Every comparison reads the source first, notes the log offset that the read can have seen, and then reads the sink in one read
// transaction whose position row has reached that offset (design rule 2.1, compare instead of copy). What differs may only have
// changed meanwhile, so it is read again, and the log's changes between the two readings are merged into the source's rows: then both
// are of one position, and the verdict is final, however often a row changes. Where the log cannot do that (the sink stands still behind
// the source, a commit hangs between log and visibility) it is tried again until it can or `settle` is over.
// Runs on the caller's thread with connections of its own; creates and writes nothing. Throws Error: usage (unknown pipeline or
// table, nothing selected), data (a table is missing at the sink), and whatever the engines throw.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tidemark/config.h"
#include "tidemark/engine.h"

namespace tidemark {

struct DifferingKey {
  std::string kind;                  // missing (at the sink) | extra (at the sink) | different | unsettled
  std::string key;                   // the key's values for people: the operator asked for them; other values are never shown
  std::vector<std::string> columns;  // different: the columns that differ
};

struct TableVerdict {
  std::string table;   // "shop.orders"
  std::string target;  // at the sink: "shop.orders" or "orders"
  uint64_t rows_source = 0, rows_sink = 0;
  uint64_t missing = 0, extra = 0, different = 0;
  uint64_t unsettled = 0;          // differ, not proved, and the source's row changed between the last two readings
  std::vector<DifferingKey> keys;  // the first 100; none for a table without key
  /// Empty, or what limits the verdict: the sink stands at an earlier position than the source's reading, the table has no key.
  std::string note;
  bool done = false;  // false while `progress` is called in between
  double seconds = 0;

  bool equal() const { return missing == 0 && extra == 0 && different == 0 && unsettled == 0; }
};

struct VerifyReport {
  std::vector<TableVerdict> tables;  // never empty
  std::string position;              // the sink's, at the end; Position::text()
  bool equal = false;
};

struct VerifyOptions {
  std::string pipeline;                               // may be empty when the configuration has only one
  std::vector<std::string> tables;                    // "database.table", or "table" where that is unambiguous; empty: all captured tables
  std::function<void(const TableVerdict&)> progress;  // after each chunk, and with `done` after each table
  std::chrono::milliseconds settle{30000};
  /// How long the sink's position may stand still before it is compared as it is (no daemon is running).
  std::chrono::milliseconds patience{3000};
};

VerifyReport verify(const Config& config, const Engines& engines, const VerifyOptions& options);

}  // namespace tidemark
