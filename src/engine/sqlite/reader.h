// The sink's rows as Values of the source's kinds, for verify. Used within a read transaction of the caller; one thread.
#pragma once

#include <string>

#include "engine/sqlite/catalog.h"
#include "engine/sqlite/connection.h"
#include "tidemark/sink.h"

namespace tidemark::sqlite {

void read_rows_by_key(Connection& connection, const Target& target, const std::vector<KeyBytes>& keys, const RowBlockSink& rows);
void read_keys_after(Connection& connection, const Target& target, const KeyBytes& after, uint64_t limit, const RowBlockSink& rows);
void read_all_rows(Connection& connection, const Target& target, const RowBlockSink& rows);

}  // namespace tidemark::sqlite
