// Values as `tidemark decode` prints them: numbers as numbers, everything else as text in one canonical form, bytes in hexadecimal.
// Pure; any thread; never fails.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tidemark/schema.h"
#include "tidemark/value.h"

namespace tidemark::mysql {

nlohmann::ordered_json value_to_json(const Value& value);
/// {"column": value, ...}; absent columns are left out.
nlohmann::ordered_json row_to_json(const TableSchema& schema, const Value* row);

}  // namespace tidemark::mysql
