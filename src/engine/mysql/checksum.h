// CRC32 (zlib's polynomial) of binlog events by carry-less multiplication where the processor has it, chosen once at start.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark::mysql {

/// `seed` is the CRC of what came before, as with zlib's crc32().
uint32_t crc32_of(std::string_view bytes, uint32_t seed = 0);
/// `event` is a whole event, header included, that ends with its 4-byte checksum.
bool checksum_matches(std::string_view event);
/// A FORMAT_DESCRIPTION event that is not as the server wrote it. It has a checksum even in a log without (`unchecked`, as it says
/// itself); there the dump thread changes the event and leaves the checksum as it was, so a wrong one proves nothing, unless it is right
/// for the same event of a log with checksums. Source: MySQL sql/rpl_binlog_sender.cc.
bool is_damaged_format_description(std::string_view event, bool unchecked);

}  // namespace tidemark::mysql
