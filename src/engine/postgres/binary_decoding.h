// Values out of PostgreSQL's binary form, as kinds of the SOURCE's column: for verify, where both sides must compare equal byte by byte.
// Pure; any thread; throws Error(data) on bytes that do not fit the column's type.
#pragma once

#include <string_view>

#include "engine/postgres/types.h"
#include "tidemark/arena.h"

namespace tidemark::postgres {

/// `field` is what a binary result or COPY carries, without its length. JSON kept as jsonb comes out in its canonical form.
Value decode_field(const Column& column, const SinkType& type, std::string_view field, Arena& arena);

}  // namespace tidemark::postgres
