// A checksum over the fields of a state file row: FNV-1a, field lengths included, so that bytes cannot move from one field to the next.
// Against flipped bits, not against people. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark::state {

class Checksum {
 public:
  Checksum& add(std::string_view field) {
    add(static_cast<int64_t>(field.size()));
    for (char c : field) mix(static_cast<uint8_t>(c));
    return *this;
  }
  Checksum& add(int64_t number) {
    for (int shift = 0; shift < 64; shift += 8) mix(static_cast<uint8_t>(static_cast<uint64_t>(number) >> shift));
    return *this;
  }
  int64_t value() const { return static_cast<int64_t>(hash_); }

 private:
  void mix(uint8_t byte) { hash_ = (hash_ ^ byte) * 0x100000001b3u; }
  uint64_t hash_ = 0xcbf29ce484222325u;
};

}  // namespace tidemark::state
