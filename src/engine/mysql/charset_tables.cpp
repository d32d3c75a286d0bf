#include "engine/mysql/charset_tables.h"

#include <zlib.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "engine/mysql/utf8.h"

namespace tidemark::mysql {

namespace charset_data {
extern const char kSingleByte[], kBig5[], kGb2312[], kGbk[], kGb18030[], kSjis[], kCp932[], kUjis[], kUjis8f[], kEucjpms[], kEucjpms8f[],
    kEuckr[];
}

namespace {

std::string from_base64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    uint32_t digit = 0;
    if (c >= 'A' && c <= 'Z')
      digit = static_cast<uint32_t>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      digit = static_cast<uint32_t>(c - 'a' + 26);
    else if (c >= '0' && c <= '9')
      digit = static_cast<uint32_t>(c - '0' + 52);
    else if (c == '+')
      digit = 62;
    else if (c == '/')
      digit = 63;
    else
      break;
    bits = bits << 6 | digit;
    if ((count += 6) >= 8) out.push_back(static_cast<char>(bits >> (count -= 8)));
  }
  return out;
}

/// The bytes are our own constants: when they do not unpack, the table stays empty and the tests fail.
std::vector<uint16_t> unpack(const char* packed, size_t n, bool differences) {
  std::string zipped = from_base64(packed);
  std::vector<unsigned char> bytes(n * 2);
  uLongf size = bytes.size();
  std::vector<uint16_t> codes(n);
  if (uncompress(bytes.data(), &size, reinterpret_cast<const Bytef*>(zipped.data()), zipped.size()) != Z_OK || size != n * 2) return codes;
  uint16_t previous = 0;
  for (size_t i = 0; i < n; ++i) {
    auto code = static_cast<uint16_t>(bytes[i] | bytes[n + i] << 8);
    if (differences) code = previous = static_cast<uint16_t>(code + previous);
    codes[i] = code;
  }
  return codes;
}

struct Source {
  const char* packed;
  int relative;  // a DoubleByteSet, -1: none
};
constexpr int related_to(DoubleByteSet set) { return static_cast<int>(set); }
const Source kSources[] = {{charset_data::kBig5, -1},
                           {charset_data::kGb2312, -1},
                           {charset_data::kGbk, -1},
                           {charset_data::kGb18030, related_to(DoubleByteSet::gbk)},
                           {charset_data::kSjis, -1},
                           {charset_data::kCp932, related_to(DoubleByteSet::sjis)},
                           {charset_data::kUjis, -1},
                           {charset_data::kUjis8f, -1},
                           {charset_data::kEucjpms, related_to(DoubleByteSet::ujis)},
                           {charset_data::kEucjpms8f, related_to(DoubleByteSet::ujis_8f)},
                           {charset_data::kEuckr, -1}};
static_assert(std::size(kSources) == static_cast<size_t>(DoubleByteSet::count));

std::unique_ptr<DoubleByteTable> make_double(DoubleByteSet set) {
  const Source& source = kSources[static_cast<size_t>(set)];
  auto table = std::make_unique<DoubleByteTable>();
  std::vector<uint16_t> codes = unpack(source.packed, table->size(), source.relative < 0);
  std::copy(codes.begin(), codes.end(), table->begin());
  if (source.relative >= 0) {
    const DoubleByteTable& relative = double_byte_table(static_cast<DoubleByteSet>(source.relative));
    for (size_t i = 0; i < table->size(); ++i) (*table)[i] = static_cast<uint16_t>((*table)[i] ^ relative[i]);
  }
  return table;
}

using SingleByteTables = std::array<SingleByteTable, static_cast<size_t>(SingleByteSet::count)>;

std::unique_ptr<SingleByteTables> make_single() {
  auto tables = std::make_unique<SingleByteTables>();
  std::vector<uint16_t> codes = unpack(charset_data::kSingleByte, tables->size() * 256, true);
  for (size_t i = 0; i < codes.size(); ++i) {
    char utf8[4];
    // Code 0 is the only one that stands for U+0000.
    size_t n = put_utf8(codes[i] == 0 && i % 256 != 0 ? '?' : codes[i], utf8);
    uint32_t entry = static_cast<uint32_t>(n) << 24;
    for (size_t k = 0; k < n; ++k) entry |= static_cast<uint32_t>(static_cast<uint8_t>(utf8[k])) << (8 * k);
    (*tables)[i / 256][i % 256] = entry;
  }
  return tables;
}

/// Four-byte codes of the basic plane are its code points that have no shorter code, in order; U+E7C7 stands out of order.
std::vector<uint16_t> make_gb18030_sequence() {
  constexpr size_t kPlaceOfE7c7 = 0x1D21;
  std::vector<bool> taken(65536, false);
  for (uint16_t code : double_byte_table(DoubleByteSet::gb18030)) taken[code] = true;
  taken[0xE7C7] = true;
  std::vector<uint16_t> sequence;
  for (uint32_t c = 0x80; c < 65536; ++c) {
    if (sequence.size() == kPlaceOfE7c7) sequence.push_back(0xE7C7);
    if (!taken[c] && (c < 0xD800 || c > 0xDFFF)) sequence.push_back(static_cast<uint16_t>(c));
  }
  return sequence;
}

}  // namespace

const SingleByteTable& single_byte_table(SingleByteSet set) {
  static const std::unique_ptr<const SingleByteTables> tables = make_single();
  return (*tables)[static_cast<size_t>(set)];
}

const DoubleByteTable& double_byte_table(DoubleByteSet set) {
  constexpr size_t kCount = static_cast<size_t>(DoubleByteSet::count);
  static std::array<std::once_flag, kCount> once;
  static std::array<std::unique_ptr<const DoubleByteTable>, kCount> tables;
  auto i = static_cast<size_t>(set);
  std::call_once(once[i], [&] { tables[i] = make_double(set); });
  return *tables[i];
}

uint32_t gb18030_four_bytes(uint32_t code) {
  static const std::vector<uint16_t> sequence = make_gb18030_sequence();
  uint32_t a = code >> 24, b = code >> 16 & 255, c = code >> 8 & 255, d = code & 255;
  if (a < 0x81 || a > 0xFE || b < 0x30 || b > 0x39 || c < 0x81 || c > 0xFE || d < 0x30 || d > 0x39) return 0;
  uint32_t index = (((a - 0x81) * 10 + b - 0x30) * 126 + c - 0x81) * 10 + d - 0x30;
  constexpr uint32_t kSupplementary = ((0x90 - 0x81) * 10) * 126 * 10;
  if (index >= kSupplementary) return index - kSupplementary < 0x100000 ? 0x10000 + (index - kSupplementary) : 0;
  return index < sequence.size() ? sequence[index] : 0;
}

}  // namespace tidemark::mysql
