// Messages of pgoutput, each as the protocol's documentation lays it out, and bytes that are none.
#include "engine/postgres/pgoutput.h"

#include "pgoutput_message.h"
#include "support/catch.h"

using namespace tidemark::postgres;

namespace {

constexpr int64_t kPostgresEpoch = 946684800000000;

/// Whole, the message is understood; cut anywhere, or with a byte more, it is not.
PgoutputMessage parsed(PgoutputParser& parser, const std::string& bytes) {
  PgoutputMessage message;
  for (size_t n = 0; n < bytes.size(); ++n) {
    PgoutputParser copy = parser;
    CAPTURE(n);
    CHECK_FALSE(copy.parse(bytes.substr(0, n), message));
    CHECK_FALSE(copy.error().empty());
  }
  PgoutputParser copy = parser;
  CHECK_FALSE(copy.parse(bytes + "x", message));
  INFO(parser.error());
  // the texts of what is returned point into memory that stays
  static std::string kept;
  kept = bytes;
  REQUIRE(parser.parse(kept, message));
  return message;
}

std::string refusal(PgoutputParser& parser, const std::string& bytes) {
  PgoutputMessage message;
  REQUIRE_FALSE(parser.parse(bytes, message));
  return parser.error();
}

std::string stream_start(uint32_t xid) { return Message('S').u32(xid).byte(1).bytes(); }

}  // namespace

TEST_CASE("begin and commit", "[pgoutput]") {
  PgoutputParser parser;
  PgoutputMessage m = parsed(parser, Message('B').u64(0x1234).u64(1'000'000).u32(77).bytes());
  CHECK(m.type == MessageType::begin);
  CHECK(m.lsn == 0x1234);
  CHECK(m.micros == kPostgresEpoch + 1'000'000);
  CHECK(m.xid == 77);
  m = parsed(parser, Message('C').byte(0).u64(0x1234).u64(0x1300).u64(0).bytes());
  CHECK(m.lsn == 0x1234);
  CHECK(m.end_lsn == 0x1300);
  CHECK(m.micros == kPostgresEpoch);
  CHECK(refusal(parser, Message('C').byte(1).u64(1).u64(2).u64(3).bytes()).find("'C'") != std::string::npos);
}

TEST_CASE("a relation with its replica identity", "[pgoutput]") {
  PgoutputParser parser;
  Message message('R');
  message.u32(16390).text("public").text("orders").byte('d').u16(2);
  message.byte(1).text("id").u32(20).u32(0xffffffff).byte(0).text("note").u32(1043).u32(24);
  const PgoutputMessage m = parsed(parser, message.bytes());
  CHECK(m.oid == 16390);
  CHECK(m.name_space == "public");
  CHECK(m.name == "orders");
  CHECK(m.replica_identity == 'd');
  REQUIRE(m.columns.size() == 2);
  CHECK(m.columns[0].in_identity);
  CHECK(m.columns[0].name == "id");
  CHECK(m.columns[0].modifier == -1);
  CHECK_FALSE(m.columns[1].in_identity);
  CHECK(m.columns[1].type == 1043);
  CHECK(m.columns[1].modifier == 24);
}

TEST_CASE("rows: NULL, unchanged, text and binary values", "[pgoutput]") {
  PgoutputParser parser;
  PgoutputMessage m =
      parsed(parser, Message('I').u32(5).byte('N').u16(4).field('t', "17").byte('n').byte('u').field('b', std::string("\0\1", 2)).bytes());
  REQUIRE(m.after.size() == 4);
  CHECK(m.before.empty());
  CHECK(m.after[0].bytes == "17");
  CHECK(m.after[1].form == TupleField::Form::null);
  CHECK(m.after[2].form == TupleField::Form::unchanged);
  CHECK(m.after[3].form == TupleField::Form::binary);
  CHECK(m.after[3].bytes == std::string_view("\0\1", 2));

  m = parsed(parser, Message('U').u32(5).byte('N').u16(1).field('t', "1").bytes());
  CHECK(m.old_row == OldRow::none);
  CHECK(m.after.size() == 1);
  m = parsed(parser, Message('U').u32(5).byte('K').u16(1).field('t', "1").byte('N').u16(1).field('t', "2").bytes());
  CHECK(m.old_row == OldRow::identity);
  CHECK(m.before[0].bytes == "1");
  CHECK(m.after[0].bytes == "2");
  m = parsed(parser, Message('D').u32(5).byte('O').u16(2).field('t', "1").byte('n').bytes());
  CHECK(m.old_row == OldRow::full);
  CHECK(m.before.size() == 2);
  CHECK(m.after.empty());
  refusal(parser, Message('D').u32(5).byte('N').u16(1).field('t', "1").bytes());
  refusal(parser, Message('U').u32(5).byte('K').u16(1).field('t', "1").byte('K').u16(1).field('t', "2").bytes());
  refusal(parser, Message('I').u32(5).byte('N').u16(1).field('x', "1").bytes());
  refusal(parser, Message('I').u32(5).byte('N').u16(0xffff).bytes());  // more columns than a table can have
}

TEST_CASE("truncate, origin, type and logical messages", "[pgoutput]") {
  PgoutputParser parser;
  PgoutputMessage m = parsed(parser, Message('T').u32(2).byte(3).u32(11).u32(12).bytes());
  CHECK(m.relations == std::vector<uint32_t>{11, 12});
  CHECK(m.cascade);
  CHECK(m.restart_identity);
  refusal(parser, Message('T').u32(0x40000001).byte(0).u32(11).bytes());
  m = parsed(parser, Message('O').u64(99).text("upstream").bytes());
  CHECK(m.name == "upstream");
  CHECK(m.lsn == 99);
  m = parsed(parser, Message('Y').u32(16400).text("public").text("mood").bytes());
  CHECK(m.oid == 16400);
  CHECK(m.name == "mood");
  m = parsed(parser, Message('M').byte(1).u64(5).text("app").u32(3).raw("a\nb").bytes());
  CHECK(m.transactional);
  CHECK(m.name == "app");
  CHECK(m.content == "a\nb");
  CHECK(m.xid == 0);
}

TEST_CASE("a stream block: messages carry the subtransaction", "[pgoutput]") {
  PgoutputParser parser;
  PgoutputMessage m = parsed(parser, stream_start(700));
  CHECK(m.first_segment);
  CHECK(parser.streaming() == 700);
  m = parsed(parser, Message('I').u32(701).u32(5).byte('N').u16(1).field('t', "x").bytes());
  CHECK(m.xid == 701);
  CHECK(m.oid == 5);
  m = parsed(parser, Message('O').u64(99).text("upstream").bytes());  // without an id
  CHECK(m.name == "upstream");
  CHECK(refusal(parser, Message('C').byte(0).u64(1).u64(2).u64(3).bytes()) == "a message of type 'C' inside a stream block");
  CHECK(refusal(parser, stream_start(702)) == "a message of type 'S' inside a stream block");
  parsed(parser, Message('E').bytes());
  CHECK(parser.streaming() == 0);
  CHECK(refusal(parser, Message('E').bytes()) == "a stream block ends that has not begun");
  m = parsed(parser, Message('c').u32(700).byte(0).u64(10).u64(20).u64(0).bytes());
  CHECK(m.xid == 700);
  CHECK(m.end_lsn == 20);
  m = parsed(parser, Message('A').u32(700).u32(701).bytes());
  CHECK(m.subxid == 701);
  PgoutputParser parallel(true);
  m = parsed(parallel, Message('A').u32(700).u32(700).u64(30).u64(2'000'000).bytes());
  CHECK(m.lsn == 30);
  CHECK(m.micros == kPostgresEpoch + 2'000'000);
}

TEST_CASE("two-phase commit", "[pgoutput]") {
  PgoutputParser parser;
  auto ends = [](char type) { return Message(type).byte(0).u64(10).u64(20).u64(0); };
  PgoutputMessage m = parsed(parser, Message('b').u64(10).u64(20).u64(0).u32(9).text("gid").bytes());
  CHECK(m.gid == "gid");
  for (char type : {'P', 'K', 'p'}) {
    m = parsed(parser, ends(type).u32(9).text("gid").bytes());
    CHECK(m.lsn == 10);
    CHECK(m.end_lsn == 20);
    CHECK(m.xid == 9);
    CHECK(m.gid == "gid");
  }
  m = parsed(parser, ends('r').u64(1'000'000).u32(9).text("gid").bytes());
  CHECK(m.micros == kPostgresEpoch + 1'000'000);
}

TEST_CASE("what is no message is refused by name", "[pgoutput]") {
  PgoutputParser parser;
  CHECK(refusal(parser, "") == "an empty message");
  CHECK(refusal(parser, "Z") == "a message of unknown type 'Z'");
  CHECK(refusal(parser, "B123") == "a message of type 'B' that is cut short");
  CHECK(refusal(parser, Message('O').u64(1).text("a").raw("bc").bytes()) == "a message of type 'O' with 2 bytes too many");
}
