// Every single bit of every event of the captures that have checksums, flipped: the assembler refuses the event as damaged, and what it
// builds of the true event after it is what it would have built anyway.
#include <cstring>
#include <string>
#include <vector>

#include "engine/mysql/binlog_file.h"
#include "engine/mysql/checksum.h"
#include "engine/mysql/event_control.h"
#include "engine/mysql/transaction_assembler.h"
#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;
using namespace tidemark::mysql;

namespace {

std::vector<std::string> events_of(const std::string& name) {
  std::vector<std::string> events;
  BinlogInput file(std::string(CAPTURES_FOLDER) + "/" + name + ".binlog");
  std::string_view event;
  while (file.next(event)) events.emplace_back(event);
  return events;
}

// What a dump thread sends first: the name of the file.
std::string first_rotate() {
  constexpr uint16_t kArtificialFlag = 0x20;
  std::string event(kEventHeaderBytes, '\0');
  event[4] = static_cast<char>(EventType::rotate);
  event[5] = 1;
  std::memcpy(event.data() + 17, &kArtificialFlag, 2);
  event += std::string("\4\0\0\0\0\0\0\0", 8) + "golden.000001";
  const auto length = static_cast<uint32_t>(event.size() + kChecksumBytes);
  std::memcpy(event.data() + 9, &length, 4);
  const uint32_t crc = crc32_of(event);
  return event.append(reinterpret_cast<const char*>(&crc), 4);
}

// "" or the kind of the Error
std::string outcome(TransactionAssembler& assembler, const std::string& event) {
  try {
    assembler.take(event);
    while (assembler.busy()) assembler.resume();
    return "";
  } catch (const Error& error) {
    return std::string(kind_name(error.kind()));
  }
}

void flip_all(const std::string& name, const ServerKind& server, size_t events_min) {
  std::vector<std::string> events = events_of(name);
  events.insert(events.begin(), first_rotate());
  AssemblerStart start;
  start.delivered.log_name = "golden";
  // no table of the captures: that bits of rows are seen is the checksum's work, whoever wants them
  TransactionAssembler assembler(server, {}, TableSelection{{"nothing.*"}, {}, {}}, start);
  LogBatch batch;
  assembler.begin_batch(batch);
  size_t wrong = 0, taken = 0;
  for (std::string& event : events) {
    for (size_t bit = 0; bit < event.size() * 8; ++bit) {
      event[bit / 8] = static_cast<char>(event[bit / 8] ^ 1 << bit % 8);
      const std::string kind = outcome(assembler, event);
      event[bit / 8] = static_cast<char>(event[bit / 8] ^ 1 << bit % 8);
      if (kind == "corrupt") continue;
      INFO(name << ": bit " << bit % 8 << " of byte " << bit / 8 << " of a " << event_type_name(parse_event_header(event).type)
                << " event");
      CHECK(kind == "corrupt");
      if (++wrong == 10) return;
    }
    const std::string kind = outcome(assembler, event);
    INFO(name << ": " << event_type_name(parse_event_header(event).type) << " itself");
    CHECK(kind.empty());
    ++taken;
  }
  assembler.end_batch();
  CHECK(taken >= events_min);
}

}  // namespace

TEST_CASE("a flipped bit anywhere in a checked log is seen") {
  flip_all("mariadb-rows", {Flavour::mariadb, 101119}, 50);
  flip_all("mariadb-compressed", {Flavour::mariadb, 101119}, 10);
  flip_all("mysql-rows", {Flavour::mysql, 90704}, 50);
  flip_all("mysql-compressed", {Flavour::mysql, 90704}, 5);
}
