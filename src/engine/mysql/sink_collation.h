// Character sets and collations across MySQL and MariaDB: what stands in for one that the sink's server does not have, and which of two
// tells more texts apart. By name alone; pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "engine/mysql/sink_types.h"

namespace tidemark::mysql {

struct TextAttributes {
  std::string charset, collation;
  /// " CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin"
  std::string sql() const;
};

/// utf8mb4 compared by code points, trailing spaces included: what PostgreSQL's own texts are.
TextAttributes exact_text(const ServerFlavour& server);
/// utf8mb4 compared without case but with accents: citext. Exact where the server has no such collation without padding.
TextAttributes caseless_text(const ServerFlavour& server);
/// What a MySQL-family column gets: its own, or the nearest that the server has. In a key, where none is the same, the exact one: keys
/// that the source tells apart must not become one.
TextAttributes mapped_text(const Column& column, bool in_key, const ServerFlavour& server);

/// It compares code points or bytes, but for spaces at the end perhaps.
bool is_exact(std::string_view collation);
/// True when `target` tells apart every two texts that `source` does.
bool tells_as_much_apart(std::string_view source, std::string_view target);

}  // namespace tidemark::mysql
