#include "engine/mysql/checksum.h"

#include <zlib.h>

#include <random>
#include <string>

#include "support/catch.h"

namespace tidemark::mysql {

namespace {
uint32_t by_zlib(std::string_view bytes, uint32_t seed) {
  return static_cast<uint32_t>(crc32(seed, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}
}  // namespace

TEST_CASE("CRC32 equals zlib's for every length, alignment and seed") {
  std::mt19937_64 random(1);
  std::string bytes(1 << 17, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  for (size_t length = 0; length < 1100; ++length) {
    std::string_view piece(bytes.data() + length % 17, length);
    REQUIRE(crc32_of(piece) == by_zlib(piece, 0));
  }
  for (int i = 0; i < 2000; ++i) {
    std::string_view piece(bytes.data() + random() % 1000, random() % 100000);
    auto seed = static_cast<uint32_t>(random());
    REQUIRE(crc32_of(piece, seed) == by_zlib(piece, seed));
  }
  CHECK(crc32_of("123456789") == 0xCBF43926);
}

TEST_CASE("an event that is too short has no valid checksum") {
  CHECK_FALSE(checksum_matches(""));
  CHECK_FALSE(checksum_matches("abc"));
  CHECK(checksum_matches(std::string_view("\0\0\0\0", 4)));
}

}  // namespace tidemark::mysql
