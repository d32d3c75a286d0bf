// The code tables of character sets that are not Unicode, unpacked at first use. Taken from MySQL 9.7 by charset_data.py with
// CONVERT(CONVERT(<code> USING <set>) USING utf32) for every code; MariaDB 10.11 gives the same for all of them. iconv is not used
// because its tables differ from the servers' and between its own versions.
// Packed form (charset_data_*.cpp): code points as 16-bit numbers, all low bytes then all high bytes, zlib, base64. Sets without a
// relative are stored as differences of neighbours; the others as what differs (xor) from their relative.
// Immutable once made; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace tidemark::mysql {

/// Code to UTF-8: bytes in the low 24 bits, their number in the highest; unknown codes are '?'.
using SingleByteTable = std::array<uint32_t, 256>;

/// Code points of two-byte codes 0x8000..0xFFFF, 0: none.
using DoubleByteTable = std::array<uint16_t, 32768>;

/// Places in the packed table of single-byte sets, in its order.
enum class SingleByteSet : uint8_t {
  armscii8,
  cp1250,
  cp1251,
  cp1256,
  cp1257,
  cp850,
  cp852,
  cp866,
  cp932,
  dec8,
  geostd8,
  greek,
  hebrew,
  hp8,
  keybcs2,
  koi8r,
  koi8u,
  latin1,
  latin2,
  latin5,
  latin7,
  macce,
  macroman,
  sjis,
  swe7,
  tis620,
  count
};
enum class DoubleByteSet : uint8_t { big5, gb2312, gbk, gb18030, sjis, cp932, ujis, ujis_8f, eucjpms, eucjpms_8f, euckr, count };

const SingleByteTable& single_byte_table(SingleByteSet set);
const DoubleByteTable& double_byte_table(DoubleByteSet set);

/// Code point of the four-byte GB 18030 code (four bytes, first most significant), 0: none.
uint32_t gb18030_four_bytes(uint32_t code);

}  // namespace tidemark::mysql
