// The i-th of values of some kind, the same in every run: what the key tables (key_tables.h) of all servers are filled with. Pure
// functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "workload/key_tables.h"

namespace tidemark::test {

/// Every key kind of PostgreSQL, and every replica identity.
std::vector<KeyTable> postgres_key_tables();

namespace key_table_parts {

using Literals = std::vector<std::string>;

/// A number that looks random.
uint64_t scattered(size_t i);
std::string hex_of(const std::string& bytes);
std::string uuid_text(size_t i);
/// In a night in which clocks are set back.
std::string moment(size_t i, int step_seconds);
/// Bytes that trip quoting, padding and C strings.
std::string awkward_bytes(size_t i);
/// Words of which many are equal under a collation that ignores case and accents, but not byte for byte.
std::string collated_word(size_t i);
/// Text in binary order with padding: what sorts below a space sorts below the end of the text.
std::string padded_word(size_t i);

}  // namespace key_table_parts
}  // namespace tidemark::test
