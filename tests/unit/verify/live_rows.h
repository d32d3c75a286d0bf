// Rows, keys and positions of the live model, and its two engines. Plain functions; internal to the model.
#pragma once

#include <memory>
#include <string>

#include "live_model.h"
#include "tidemark/key.h"
#include "tidemark/sink.h"
#include "tidemark/source.h"

namespace tidemark::verify_test {

constexpr uint64_t kLogStart = 4;  // the offset of the first change is the one after it

LogOffset offset_of(uint64_t changes);
GtidOrigin gtid_origin();
GtidSet gtids_of(uint64_t changes);
SchemaRef schema_of(const std::string& table, bool keyed);
int64_t id_of(const KeyBytes& key);
/// Without a key the id is only shown modulo 100, so that whole rows can be there several times.
int64_t shown_id(int64_t id, bool keyed);
Value text_value(const std::string& bytes, Arena& arena);
Row make_row(int64_t id, const std::string& body, Arena& arena);
void add_row(RowBlock& block, int64_t id, const std::string& body);

std::unique_ptr<Source> make_live_source(LiveModel& model);
std::unique_ptr<Sink> make_live_sink(LiveModel& model);

}  // namespace tidemark::verify_test
