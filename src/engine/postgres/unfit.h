// What becomes of a value that a column cannot hold and for which the user has chosen something else than an error.
// Pure; any thread. The arena gets the bytes of a value that is made up here.
#pragma once

#include <optional>

#include "engine/postgres/binary_encoding.h"
#include "tidemark/arena.h"
#include "tidemark/column_rule.h"

namespace tidemark::postgres {

/// The value to write instead; nullopt: none, it stays an error. `fault` is what encode_field said.
std::optional<Value> instead_of(const Value& value, Encoded fault, Unfit unfit, const ColumnCodec& codec, Arena& arena);

}  // namespace tidemark::postgres
