// Compressed events of any bytes: MySQL's TRANSACTION_PAYLOAD, and MariaDB's row data, queries and columns. The first byte of the input
// says which the rest is, or that the rest is plain and is compressed here first. Unpacking ends, with a reason when it fails; it gives no
// more than zlib can make of that many bytes, whatever a length announces; and what was compressed comes back.
#include <zlib.h>
#include <zstd.h>

#include <string>
#include <vector>

#include "engine/mysql/payload.h"
#include "must.h"

using namespace tidemark;
using namespace tidemark::mysql;
using tidemark::fuzz::must;

namespace {

constexpr size_t kDeflateRatioMax = 1032;
constexpr size_t kWalkBytesMax = 16 << 20;  // zstd makes far more of few bytes; it is unpacked event by event, which ends here

/// Sizes of the events in a payload, then 0 for its end; nothing after the last one when it failed.
std::vector<size_t> walk(std::string_view body) {
  PayloadReader reader;
  std::vector<size_t> sizes;
  if (!reader.open(ByteCursor(body))) {
    must(!reader.error().empty(), "a refusal has a reason");
    return sizes;
  }
  std::string_view event;
  for (size_t bytes = 0; bytes < kWalkBytesMax; bytes += event.size()) {
    const PayloadReader::Step step = reader.next(event);
    if (step == PayloadReader::Step::failed) {
      must(!reader.error().empty(), "a refusal has a reason");
      must(reader.next(event) == PayloadReader::Step::failed, "what failed stays failed");
      return sizes;
    }
    sizes.push_back(step == PayloadReader::Step::end ? 0 : event.size());
    if (step == PayloadReader::Step::end) return sizes;
    must(event.size() >= 19 && event.size() <= kUnpackedMax + 19, "an event has a head and a bounded length");
  }
  return sizes;
}

std::string payload(std::string_view packed, uint8_t compression, size_t unpacked) {
  const auto number = [](uint64_t v) { return "\xFE" + std::string(reinterpret_cast<const char*>(&v), sizeof v); };
  std::string out = {2, 1, static_cast<char>(compression == 255 ? 0 : compression)};
  if (compression == 255) out = std::string("\x02\x03\xFC\xFF\x00", 5);
  out += "\x03\x09" + number(unpacked) + "\x01\x09" + number(packed.size()) + '\0';
  return out.append(packed);
}

void check_payload(std::string_view plain) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 1));
  must(walk(payload(packed, 0, plain.size())) == walk(payload(plain, 255, plain.size())), "a payload is the same compressed and plain");
  size_t handed_out = 0;
  for (size_t event : walk(payload(packed, 0, plain.size() / 2))) handed_out += event;
  must(handed_out <= plain.size() / 2, "a payload gives no more than it announces");
}

void check_column(std::string_view plain) {
  uLongf size = compressBound(plain.size());
  std::string packed(size + 5, '\0');
  packed[0] = static_cast<char>(0x84);
  for (size_t i = 0; i < 4; ++i) packed[1 + i] = static_cast<char>(plain.size() >> (24 - 8 * i));
  compress(reinterpret_cast<Bytef*>(packed.data() + 5), &size, reinterpret_cast<const Bytef*>(plain.data()), plain.size());
  packed.resize(size + 5);
  std::string out = "before";
  must(inflate_column(packed, plain.size(), out) && out == "before" + std::string(plain), "a compressed value comes back");
  must(plain.empty() || !inflate_column(packed, plain.size() - 1, out), "a value too long for its column is refused");
  std::string why;
  out.clear();
  must(inflate_binlog(packed, out, why) && out == plain, "compressed rows come back");
}

void unpack(bool fine, std::string_view packed, const std::string& out, const std::string& why) {
  must(fine || !why.empty(), "a refusal has a reason");
  if (fine) must(out.size() <= kDeflateRatioMax * packed.size() + 64, "no more is unpacked than the bytes hold");
  must(out.capacity() <= 4 * kDeflateRatioMax * (packed.size() + 16), "no memory is taken for an announced length");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest = fuzz::text_of(data + 1, size - 1);
  std::string out, why;
  switch (data[0] % 6) {
    case 0: walk(rest); break;
    case 1: unpack(inflate_binlog(rest, out, why), rest, out, why); break;
    case 2: unpack(inflate_query(rest, out, why), rest, out, why); break;
    case 3: unpack(inflate_column(rest, 0xFFFFFF, out), rest, out, "it cannot be unpacked"); break;
    case 4: check_payload(rest); break;
    default: check_column(rest); break;
  }
  return 0;
}
