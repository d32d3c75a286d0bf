#include "engine/mysql/checksum.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <string>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "engine/mysql/event_header.h"

namespace tidemark::mysql {

namespace {

uint32_t crc32_zlib(std::string_view bytes, uint32_t seed) {
  uLong crc = seed;
  while (!bytes.empty()) {
    auto n = static_cast<uInt>(std::min<size_t>(bytes.size(), 1u << 30));
    crc = crc32(crc, reinterpret_cast<const Bytef*>(bytes.data()), n);
    bytes.remove_prefix(n);
  }
  return static_cast<uint32_t>(crc);
}

#if defined(__x86_64__)

// Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction" (Intel 2009), bit-reflected form:
// four 128-bit lanes are folded over 64 bytes, then into one, then reduced to 32 bits by Barrett's method.
__attribute__((target("pclmul,sse4.1"))) inline __m128i fold(__m128i x, __m128i next, __m128i k) {
  __m128i low = _mm_clmulepi64_si128(x, k, 0x00);
  __m128i high = _mm_clmulepi64_si128(x, k, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

__attribute__((target("pclmul,sse4.1"))) inline __m128i load(const char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }

/// `n` is a multiple of 16 and at least 64; `crc` without the final complement.
__attribute__((target("pclmul,sse4.1"))) uint32_t crc32_folded(const char* p, size_t n, uint32_t crc) {
  const __m128i k64 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);  // x^(512-32), x^(512+32) mod P, reflected
  const __m128i k16 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);  // x^(128-32), x^(128+32)
  const __m128i k8 = _mm_set_epi64x(0, 0x163cd6124);             // x^64
  const __m128i barrett = _mm_set_epi64x(0x1f7011641, 0x1db710641);
  const __m128i low32 = _mm_setr_epi32(-1, 0, -1, 0);

  __m128i a = _mm_xor_si128(load(p), _mm_cvtsi32_si128(static_cast<int>(crc)));
  __m128i b = load(p + 16), c = load(p + 32), d = load(p + 48);
  for (p += 64, n -= 64; n >= 64; p += 64, n -= 64) {
    a = fold(a, load(p), k64);
    b = fold(b, load(p + 16), k64);
    c = fold(c, load(p + 32), k64);
    d = fold(d, load(p + 48), k64);
  }
  a = fold(a, b, k16);
  a = fold(a, c, k16);
  a = fold(a, d, k16);
  for (; n >= 16; p += 16, n -= 16) a = fold(a, load(p), k16);

  // 128 bits to 64
  __m128i x = _mm_clmulepi64_si128(a, k16, 0x10);
  a = _mm_xor_si128(_mm_srli_si128(a, 8), x);
  x = _mm_srli_si128(a, 4);
  a = _mm_xor_si128(_mm_clmulepi64_si128(_mm_and_si128(a, low32), k8, 0x00), x);
  // 64 to 32
  x = _mm_clmulepi64_si128(_mm_and_si128(a, low32), barrett, 0x10);
  x = _mm_clmulepi64_si128(_mm_and_si128(x, low32), barrett, 0x00);
  return static_cast<uint32_t>(_mm_extract_epi32(_mm_xor_si128(a, x), 1));
}

const bool kFolds = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");

uint32_t crc32_fast(std::string_view bytes, uint32_t seed) {
  size_t folded = bytes.size() & ~size_t{15};
  if (folded < 64) return crc32_zlib(bytes, seed);
  uint32_t crc = ~crc32_folded(bytes.data(), folded, ~seed);
  return folded == bytes.size() ? crc : crc32_zlib(bytes.substr(folded), crc);
}

#else

constexpr bool kFolds = false;
uint32_t crc32_fast(std::string_view bytes, uint32_t seed) { return crc32_zlib(bytes, seed); }

#endif

}  // namespace

uint32_t crc32_of(std::string_view bytes, uint32_t seed) { return kFolds ? crc32_fast(bytes, seed) : crc32_zlib(bytes, seed); }

bool checksum_matches(std::string_view event) {
  if (event.size() < 4) return false;
  uint32_t stored;
  std::memcpy(&stored, event.data() + event.size() - 4, 4);
  return crc32_of(event.substr(0, event.size() - 4)) == stored;
}

bool is_damaged_format_description(std::string_view event, bool unchecked) {
  if (checksum_matches(event)) return false;
  if (!unchecked) return true;
  std::string checked(event);
  checked[event.size() - kChecksumBytes - 1] = 1;  // the algorithm: CRC32
  return checksum_matches(checked);
}

}  // namespace tidemark::mysql
