// MariaDB's UUID, INET4 and INET6 in their stored forms. Pure; any thread; any bytes.
// Source: MariaDB plugin/type_uuid/sql_type_uuid.h, plugin/type_inet/sql_type_inet.cc.
#pragma once

#include <cstddef>
#include <string_view>

#include "tidemark/arena.h"

namespace tidemark::mysql {

inline constexpr size_t kInetTextMax = 48;

/// 16 bytes in text order. UUIDs of versions 1 to 5 are stored with their groups in reverse, so that they sort by time.
std::string_view uuid_from_storage(std::string_view stored, Arena& arena);
/// "10.0.0.1" of 4 bytes.
std::string_view print_inet4(const char* bytes, char (&out)[kInetTextMax]);
/// As the server prints 16 bytes: the first longest run of zero groups is "::", IPv4 at the end of mapped and compatible addresses.
std::string_view print_inet6(const char* bytes, char (&out)[kInetTextMax]);

}  // namespace tidemark::mysql
