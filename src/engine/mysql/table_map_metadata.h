// The optional metadata at the end of a TABLE_MAP_EVENT. Part of parse_table_map; see table_map.h for ownership and failure.
#pragma once

#include "engine/mysql/table_map.h"

namespace tidemark::mysql {

/// `body` stands behind the NULL bitmap. Fields of a type that is not known are skipped: the format is made for that.
bool read_optional_metadata(ByteCursor& body, Flavour flavour, TableMap& map, std::string& why);

}  // namespace tidemark::mysql
