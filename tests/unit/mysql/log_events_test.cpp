// Event headers, GTIDs, GTID sets, places in the log, and the store of prepared XA transactions.
#include "engine/mysql/event_control.h"
#include "engine/mysql/event_gtid.h"
#include "engine/mysql/log_position.h"
#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;
using namespace tidemark::mysql;

namespace {

std::string bytes_of(std::string_view hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) out.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}

EventHeader header_of(EventType type, uint32_t length, uint32_t next, uint16_t flags = 0) {
  EventHeader h;
  h.type = type;
  h.length = length;
  h.next_position = next;
  h.flags = flags;
  return h;
}

}  // namespace

TEST_CASE("GTID sets in the form of the dump request") {
  for (const char* text : {"", "8cb551d8-e52a-11f1-b5b4-02fc00000001:1-5:7:9-12",
                           "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-3,8cb551d8-e52a-11f1-b5b4-02fc00000001:1-9223372036854775806",
                           "8cb551d8-e52a-11f1-b5b4-02fc00000001:1-34:tagy:1,aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa:tagx:1-3"}) {
    INFO(text);
    GtidSet set = GtidSet::parse_mysql(text);
    GtidSet back;
    CHECK(decode_gtid_set(ByteCursor(encode_gtid_set(set)), back));
    CHECK(back == set);
  }
  // As a server expects them: a count, then uuid, number of intervals, first, last + 1.
  CHECK(encode_gtid_set(GtidSet::parse_mysql("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-3")) == bytes_of("0100000000000000"
                                                                                                      "3e11fa4771ca11e19e33c80aa9429562"
                                                                                                      "0100000000000000"
                                                                                                      "0100000000000000"
                                                                                                      "0400000000000000"));
  CHECK(encode_gtid_set(GtidSet::parse_mysql("3e11fa47-71ca-11e1-9e33-c80aa9429562:ab:5")) == bytes_of("0101000000000001"
                                                                                                       "3e11fa4771ca11e19e33c80aa9429562"
                                                                                                       "046162"
                                                                                                       "0100000000000000"
                                                                                                       "0500000000000000"
                                                                                                       "0600000000000000"));
  GtidSet out;
  CHECK_FALSE(decode_gtid_set(ByteCursor(bytes_of("0100000000000000"
                                                  "3e11fa47")),
                              out));
  CHECK_FALSE(decode_gtid_set(ByteCursor(bytes_of("ffffffffffffff00")), out));
}

TEST_CASE("tags and numbers of GTIDs that no server has are refused") {
  const std::string uuid(16, 'u'), number = bytes_of("0200000000000000"), end = bytes_of("0300000000000000");
  const auto set_with = [&](const std::string& tag) {
    return bytes_of("0101000000000001") + uuid + static_cast<char>(tag.size() * 2) + tag + bytes_of("0100000000000000") + number + end;
  };
  const auto event_with = [&](const std::string& tag, const char* varint) {
    std::string body = bytes_of("024000");  // serialization version 1, a size, no field that must be known
    body += bytes_of("0000") + "\x02" + std::string(16, 'b') + "\x04" + bytes_of(varint) + "\x06";
    return body + static_cast<char>(tag.size() * 2) + tag;
  };
  GtidSet set;
  GtidEvent event;
  for (const std::string& tag : {std::string("t"), std::string("_a9"), std::string(32, 'x')}) {
    INFO(tag);
    REQUIRE(decode_gtid_set(ByteCursor(set_with(tag)), set));
    CHECK(GtidSet::parse_mysql(set.text()) == set);
    REQUIRE(parse_mysql_gtid(EventType::gtid_tagged, ByteCursor(event_with(tag, "04")), event));
    CHECK(event.gtid.origin.tag == tag);
    CHECK(event.gtid.number == 1);
  }
  for (const std::string& tag : {std::string(33, 'x'), std::string(60, 'x'), std::string("9a"), std::string("a b"), std::string("a,b")}) {
    INFO(tag);
    CHECK_FALSE(decode_gtid_set(ByteCursor(set_with(tag)), set));
    CHECK_FALSE(parse_mysql_gtid(EventType::gtid_tagged, ByteCursor(event_with(tag, "04")), event));
    CHECK_THROWS_AS(GtidSet::parse_mysql("8cb551d8-e52a-11f1-b5b4-02fc00000001:" + tag + ":1"), Error);
  }
  // a server keeps small letters only
  CHECK_FALSE(decode_gtid_set(ByteCursor(set_with("TagX")), set));
  CHECK(GtidSet::parse_mysql("8cb551d8-e52a-11f1-b5b4-02fc00000001:TagX:1").text() == "8cb551d8-e52a-11f1-b5b4-02fc00000001:tagx:1");
  // a number of -1; an interval up to 2^63
  CHECK_FALSE(parse_mysql_gtid(EventType::gtid_tagged, ByteCursor(event_with("t", "02")), event));
  CHECK_FALSE(parse_mysql_gtid(EventType::gtid, ByteCursor(std::string(17, 'u') + bytes_of("0000000000000080")), event));
  CHECK_FALSE(decode_gtid_set(
      ByteCursor(bytes_of("0100000000000000") + uuid + bytes_of("0100000000000000") + number + bytes_of("0100000000000080")), set));
}

TEST_CASE("the place in the log is kept in 64 bits") {
  LogPosition at("binlog", {3, 4});
  at.pass(header_of(EventType::gtid, 50, 0xFFFFFFF0));
  CHECK(at.at() == LogOffset{3, 0xFFFFFFF0});
  CHECK(at.event_begin() == LogOffset{3, 0xFFFFFFF0 - 50});
  at.pass(header_of(EventType::write_rows, 0x20, 0x10));
  CHECK(at.at() == LogOffset{3, 0x100000010});
  CHECK(at.event_begin() == LogOffset{3, 0xFFFFFFF0});
  at.pass(header_of(EventType::xid, 31, 0x10 + 31));
  CHECK(at.at() == LogOffset{3, 0x100000010 + 31});
  CHECK(at.text() == "binlog.000003:4294967343");
}

TEST_CASE("events without a position") {
  LogPosition at("binlog", {3, 1000});
  at.pass(header_of(EventType::format_description, 122, 0));
  CHECK(at.at() == LogOffset{3, 1000});
  at.pass(header_of(EventType::gtid_list, 60, 300, kArtificialFlag));
  CHECK(at.at() == LogOffset{3, 1000});
  at.pass(header_of(EventType::format_description, 122, 126));  // sent again from the file's head
  CHECK(at.at() == LogOffset{3, 1000});
  at.pass(header_of(EventType::table_map, 40, 0));  // MariaDB 11.4 inside a transaction
  at.pass(header_of(EventType::write_rows_v1, 60, 0));
  CHECK(at.at() == LogOffset{3, 1100});
  Heartbeat beat;
  beat.file = "binlog.000003";
  beat.position = 1500;
  at.skip_to(beat);
  CHECK(at.at() == LogOffset{3, 1500});
  beat.position = 1400;
  at.skip_to(beat);
  CHECK(at.at() == LogOffset{3, 1500});
  CHECK(at.rotate({4, "binlog.000004"}));
  CHECK(at.at() == LogOffset{4, 4});
  CHECK_FALSE(at.rotate({4, "binlog"}));
}

TEST_CASE("names of log files") {
  std::string base;
  uint64_t number = 0;
  CHECK(split_log_name("./my.bin.1000012", base, number));
  CHECK(base == "my.bin");
  CHECK(number == 1000012);
  CHECK_FALSE(split_log_name("mysql-bin.", base, number));
  CHECK_FALSE(split_log_name("mysql-bin", base, number));
  CHECK_FALSE(split_log_name("mysql-bin.index", base, number));
}

TEST_CASE("heartbeats of both versions") {
  Heartbeat beat;
  CHECK(parse_heartbeat(header_of(EventType::heartbeat, 0, 777), ByteCursor("binlog.000002"), beat));
  CHECK(beat.file == "binlog.000002");
  CHECK(beat.position == 777);
  std::string v2 = bytes_of("010d") + "binlog.000002" +
                   bytes_of(
                       "0209fe0000000001000000"
                       "00");
  CHECK(parse_heartbeat(header_of(EventType::heartbeat_v2, 0, 0), ByteCursor(v2), beat));
  CHECK(beat.position == 0x100000000);
  CHECK_FALSE(parse_heartbeat(header_of(EventType::heartbeat_v2, 0, 0), ByteCursor(v2.substr(0, 10)), beat));
}
