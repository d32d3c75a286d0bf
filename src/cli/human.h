// Numbers for people: 41.2 M, 1.2 GB, 6m02s. Pure; any thread. For machines there is --json.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark {

std::string human_count(double count);                // "812", "41.2 k", "118 M"
std::string human_bytes(double bytes);                // "812 B", "12 kB", "1.2 GB": powers of 1000
std::string human_seconds(double seconds);            // "0.4 s", "41 s", "6m02s", "3h04m", "3d 4h"
std::string grouped(uint64_t number);                 // "8 104 221"
std::string percent_text(double part, double whole);  // "34.9 %"; "-" when whole is 0

}  // namespace tidemark
