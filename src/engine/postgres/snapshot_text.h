// The text of pg_current_snapshot(): "733:737:733,735". Pure; any thread; nothing here fails.
#pragma once

#include <optional>
#include <string_view>

#include "tidemark/position.h"

namespace tidemark::postgres {

/// Exact, by snapshot; nothing for any other text.
std::optional<Visibility> parse_snapshot(std::string_view text);

}  // namespace tidemark::postgres
