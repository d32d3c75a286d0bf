// How PostgreSQL writes names and literals. Pure functions; any thread; nothing here fails.
#pragma once

#include <string>
#include <string_view>

namespace tidemark::postgres {

inline constexpr size_t kNameBytesMax = 63;  // NAMEDATALEN - 1

/// "a""b": always quoted, so that case, keywords and hostile characters survive.
std::string quote_name(std::string_view name);
std::string quote_name(std::string_view schema, std::string_view name);
/// 'a''b'; only for text without backslashes' special meaning (standard_conforming_strings is pinned to on).
std::string quote_literal(std::string_view text);

/// The name that an object gets at the sink: the source's own, unless it is longer than 63 bytes; then it is cut at a character
/// and ends in a hash of the whole name, the same at every start.
std::string sink_name(std::string_view source_name);
/// The same for a column, where the names of system columns ("ctid", "xmin", ...) are taken too.
std::string sink_column_name(std::string_view source_name);

}  // namespace tidemark::postgres
