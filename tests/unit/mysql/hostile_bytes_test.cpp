// The decoders on bytes that a server would never send: cut, changed and invented ones. They may refuse; they may not crash, hang or
// take memory that the bytes do not account for. Run under the sanitizers this also finds reads out of bounds.
#include <random>

#include "golden_events.h"
#include "support/catch.h"

namespace tidemark::mysql {

namespace {

struct Capture {
  const char* file;
  ServerKind server;
};
const Capture kCaptures[] = {{"mysql-9.7.events", kMysql97}, {"mariadb-10.11.events", kMariadb1011}};

}  // namespace

TEST_CASE("events cut at every byte") {
  for (const Capture& capture : kCaptures) {
    const auto events = read_golden(capture.file);
    REQUIRE(events.size() > 10);
    for (size_t i = 0; i < events.size(); ++i) {
      for (size_t n = 0; n < events[i].size(); ++n) {
        auto cut = events;
        cut[i].resize(n);
        decode_events(cut, capture.server);
      }
    }
  }
}

TEST_CASE("events with changed bytes") {
  std::mt19937_64 random(3);
  size_t refused = 0;
  for (const Capture& capture : kCaptures) {
    const auto events = read_golden(capture.file);
    const size_t lines = decode_events(events, capture.server).size();
    for (int round = 0; round < 3000; ++round) {
      auto changed = events;
      for (int k = 0; k < 3; ++k) {
        std::string& event = changed[random() % changed.size()];
        const size_t header = 19;
        char& byte = event[header + random() % (event.size() - header)];
        byte = random() % 3 == 0 ? '\xFF' : static_cast<char>(random());
      }
      refused += decode_events(changed, capture.server).size() < lines ? 1 : 0;
    }
  }
  CHECK(refused > 100);
}

TEST_CASE("a table map that announces more than it holds takes no memory for it") {
  // 4096 columns of type ENUM, each with 2^63 labels announced
  std::string event(19, '\0');
  event[4] = 19;
  event += std::string(8, '\0') + std::string("\1d\0\1t\0", 6) + std::string("\xFC\x00\x10", 3) + std::string(4096, '\xFE');
  event += std::string("\xFD\x00\x20\x00", 4);
  for (int i = 0; i < 4096; ++i) event += "\xF7\x01";
  event += std::string(512, '\0') + std::string("\x06\x09\xFE", 3) + std::string(8, '\x7F') + "crc!";
  auto lines = decode_events({event}, kMysql97);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0] == "table map of d.t has malformed metadata of type 6");
}

}  // namespace tidemark::mysql
