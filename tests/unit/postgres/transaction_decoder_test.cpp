// Transactions out of hand-made messages of pgoutput 1 to 4: plain, streamed, interleaved, rolled back in parts, prepared, cut over reads;
// each replica identity; and what stops the decoder.
#include "engine/postgres/transaction_decoder.h"

#include "base/message_spool.h"
#include "pgoutput_message.h"
#include "stream_text.h"
#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;
using namespace tidemark::postgres;

namespace {

using Lines = std::vector<std::string>;

constexpr uint32_t kInt8 = 20, kText = 25;

Column column_of(const std::string& name, uint16_t ordinal, uint32_t type) {
  Column c;
  c.name = name;
  c.family = TypeFamily::postgres;
  c.kind = type == kInt8 ? ValueKind::int64 : ValueKind::text;
  c.native_type = type == kInt8 ? "bigint" : "text";
  c.ordinal = ordinal;
  return c;
}

/// id bigint, note text, and at the source a generated column between them.
SchemaRef schema_of(const std::string& table, std::vector<uint16_t> key) {
  auto schema = std::make_shared<TableSchema>();
  schema->name = {"s", table};
  schema->columns = {column_of("id", 0, kInt8), column_of("note", 2, kText)};
  schema->source_columns = 3;
  schema->key = std::move(key);
  return schema;
}

std::string type_name(uint32_t type, int32_t) { return type == kInt8 ? "bigint" : type == kText ? "text" : "inet"; }

/// A message as it stands inside a stream block (xid != 0) or outside.
Message message_of(char type, uint32_t xid) { return xid == 0 ? Message(type) : Message(type).u32(xid); }

std::string relation(uint32_t oid, const std::string& table, char identity = 'd', uint32_t xid = 0) {
  const bool all = identity == 'f';
  Message m = message_of('R', xid).u32(oid).text("s").text(table).byte(identity).u16(2);
  return m.byte(identity != 'n').text("id").u32(kInt8).u32(~0u).byte(all).text("note").u32(kText).u32(~0u).bytes();
}

Message& tuple(Message& m, const std::string& id, const std::string& note) {
  m.u16(2);
  for (const std::string& value : {id, note}) {
    if (value == "NULL") m.byte('n');
    if (value == "~") m.byte('u');
    if (value != "NULL" && value != "~") m.field('t', value);
  }
  return m;
}
std::string insert(uint32_t oid, const std::string& id, const std::string& note, uint32_t xid = 0) {
  Message m = message_of('I', xid).u32(oid).byte('N');
  return tuple(m, id, note).bytes();
}
std::string remove(uint32_t oid, char role, const std::string& id, const std::string& note, uint32_t xid = 0) {
  Message m = message_of('D', xid).u32(oid).byte(role);
  return tuple(m, id, note).bytes();
}
/// role 0: without an old row.
std::string update(uint32_t oid, char role, const std::string& old_id, const std::string& old_note, const std::string& id,
                   const std::string& note) {
  Message m = Message('U').u32(oid);
  if (role != 0) tuple(m.byte(role), old_id, old_note);
  return tuple(m.byte('N'), id, note).bytes();
}
std::string begin(uint32_t xid, uint64_t lsn) { return Message('B').u64(lsn).u64(0).u32(xid).bytes(); }
std::string commit(uint64_t lsn) { return Message('C').byte(0).u64(lsn).u64(lsn + 8).u64(0).bytes(); }
std::string stream_start(uint32_t xid) { return Message('S').u32(xid).byte(1).bytes(); }
std::string stream_stop() { return "E"; }
std::string stream_commit(uint32_t xid, uint64_t lsn) { return Message('c').u32(xid).byte(0).u64(lsn).u64(lsn + 8).u64(0).bytes(); }
std::string stream_abort(uint32_t xid, uint32_t subxid) { return Message('A').u32(xid).u32(subxid).bytes(); }
std::string two_phase(char type, uint32_t xid, uint64_t lsn) {
  Message m(type);
  if (type != 'b') m.byte(0);
  m.u64(lsn).u64(lsn + 8).u64(0);
  if (type == 'r') m.u64(0);
  return m.u32(xid).text("gid").bytes();
}

struct Stream {
  explicit Stream(std::vector<uint32_t> oids = {}, uint64_t from = 100) {
    tables = {schema_of("t", {0}), schema_of("bag", {})};
    DecoderStart start;
    start.delivered = {1, from};
    start.near_txid = (1ull << 32) + 10;
    start.folder = temporary_folder();
    start.spill_memory = 1 << 16;
    decoder = std::make_unique<TransactionDecoder>(Relations(tables, oids, type_name), start);
  }
  /// Each message in a batch of its own when `apart`.
  Stream& take(const Lines& messages, bool apart = false) {
    auto batch = std::make_unique<LogBatch>();
    decoder->begin_batch(*batch);
    auto cut = [&] {
      decoder->end_batch();
      out.add(*batch, tables);
      batch = std::make_unique<LogBatch>();
      decoder->begin_batch(*batch);
    };
    for (const std::string& message : messages) {
      decoder->take(message);
      if (apart) cut();
      while (decoder->busy()) {
        decoder->resume();
        if (apart) cut();
      }
    }
    decoder->end_batch();
    out.add(*batch, tables);
    return *this;
  }
  Lines lines() const { return out.lines(); }

  std::vector<SchemaRef> tables;
  std::unique_ptr<TransactionDecoder> decoder;
  Delivery out;
};

Error error_of(Stream& stream, const Lines& messages) {
  try {
    stream.take(messages);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorKind::internal, "", "no error was thrown");
}

Error error_of(const Lines& messages) {
  Stream stream;
  return error_of(stream, messages);
}

}  // namespace

TEST_CASE("a transaction lies where it commits", "[decoder]") {
  for (bool apart : {false, true}) {
    Stream s;
    s.take({begin(7, 200), relation(1, "t"), insert(1, "1", "a"), insert(1, "2", "NULL"), commit(200)}, apart);
    CHECK(s.lines() == Lines{"t insert 1 | a", "t insert 2 | NULL", "--"});
    const TransactionMark& mark = s.out.transactions[0].mark;
    CHECK(mark.begin == LogOffset{1, 200});
    CHECK(mark.end == LogOffset{1, 208});
    CHECK(mark.txid == (1ull << 32) + 7);
    CHECK(mark.commit_micros == 946684800000000);
    CHECK(s.out.read_to == LogOffset{1, 208});
    CHECK(s.out.parts == (apart ? 3 : 1));
  }
}

TEST_CASE("what each replica identity tells of the old row", "[decoder]") {
  Stream s;
  s.take({begin(7, 200), relation(1, "t"), update(1, 0, "", "", "1", "b"), update(1, 'K', "1", "NULL", "2", "b"),
          remove(1, 'K', "2", "NULL"), relation(1, "t", 'f'), update(1, 'O', "3", "c", "3", "d"), remove(1, 'O', "3", "d"),
          relation(2, "bag", 'f'), update(2, 'O', "4", "NULL", "4", "e"), remove(2, 'O', "4", "e"), commit(200)});
  CHECK(s.lines() == Lines{"t update 1 | ~ -> 1 | b", "t update 1 | ~ -> 2 | b", "t remove 2 | ~", "t update 3 | c -> 3 | d",
                           "t remove 3 | d", "bag update 4 | NULL -> 4 | e", "bag remove 4 | e", "--"});
}

TEST_CASE("an unchanged TOASTed value is absent, but not a key's", "[decoder]") {
  Stream s;
  s.take({begin(7, 200), relation(1, "t"), update(1, 0, "", "", "1", "~"), update(1, 'K', "2", "NULL", "~", "b"), commit(200)});
  CHECK(s.lines() == Lines{"t update 1 | ~ -> 1 | ~", "t update 2 | ~ -> 2 | b", "--"});
  CHECK(error_of({begin(7, 200), relation(1, "t"), update(1, 0, "", "", "~", "b")}).kind() == ErrorKind::corrupt);
}

TEST_CASE("streamed transactions come when they commit, interleaved or not", "[decoder]") {
  for (bool apart : {false, true}) {
    Stream s;
    s.take({stream_start(10), relation(1, "t", 'd', 10), insert(1, "1", "a", 10), stream_stop(), stream_start(20),
            relation(1, "t", 'd', 20), insert(1, "2", "b", 20), stream_stop(), begin(30, 200), relation(1, "t"), insert(1, "3", "c"),
            commit(200), stream_start(10), insert(1, "4", "d", 10), stream_stop(), stream_commit(20, 300), stream_commit(10, 400)},
           apart);
    CHECK(s.lines() == Lines{"t insert 3 | c", "--", "t insert 2 | b", "--", "t insert 1 | a", "t insert 4 | d", "--"});
    CHECK(s.out.transactions[2].mark.begin == LogOffset{1, 400});
    CHECK(s.out.transactions[2].mark.txid == (1ull << 32) + 10);
    CHECK(s.decoder->streaming() == 0);
  }
}

TEST_CASE("what is rolled back in a streamed transaction is left out, its relations are not", "[decoder]") {
  Stream s;
  s.take({stream_start(10), relation(1, "t", 'd', 11), insert(1, "1", "gone", 11), insert(1, "2", "gone", 12), stream_stop(),
          stream_abort(10, 12), stream_abort(10, 11), stream_start(10), insert(1, "3", "kept", 10), stream_stop(),
          // and one that is rolled back whole
          stream_start(20), relation(1, "t", 'd', 20), insert(1, "4", "gone", 20), stream_stop(), stream_abort(20, 20),
          stream_commit(10, 300)});
  CHECK(s.lines() == Lines{"t insert 3 | kept", "--"});
  // a table changed behind a savepoint that was rolled back: nothing of it counts
  s.take({stream_start(40), relation(1, "t_renamed", 'd', 41), stream_stop(), stream_abort(40, 41), stream_start(40),
          relation(1, "t", 'd', 40), insert(1, "5", "x", 40), stream_stop(), stream_commit(40, 500)});
  CHECK(s.lines() == Lines{"t insert 3 | kept", "--", "t insert 5 | x", "--"});
}

TEST_CASE("a streamed transaction larger than memory", "[decoder]") {
  Stream s;
  Lines messages{stream_start(10), relation(1, "t", 'd', 10)};
  for (int i = 0; i < 5000; ++i) messages.push_back(insert(1, std::to_string(i), std::string(100, 'x'), 10));
  messages.insert(messages.end(), {stream_stop(), stream_commit(10, 300)});
  s.take(messages);
  REQUIRE(s.out.transactions.size() == 1);
  CHECK(s.out.transactions[0].changes.size() == 5000);
  CHECK(s.out.transactions[0].changes.back() == "t insert 4999 | " + std::string(100, 'x'));
}

TEST_CASE("prepared transactions are delivered when they are committed", "[decoder]") {
  Stream s;
  s.take({two_phase('b', 10, 200), relation(1, "t"), insert(1, "1", "a"), two_phase('P', 10, 200), stream_start(20),
          relation(1, "t", 'd', 20), insert(1, "2", "b", 20), stream_stop(), two_phase('p', 20, 210), two_phase('b', 30, 220),
          insert(1, "3", "c"), two_phase('P', 30, 220)});
  CHECK(s.lines().empty());
  CHECK(s.decoder->oldest_prepare() == 200);
  s.take({two_phase('K', 20, 300), two_phase('r', 10, 310)});
  CHECK(s.lines() == Lines{"t insert 2 | b", "--"});
  CHECK(s.decoder->oldest_prepare() == 220);
  s.take({two_phase('K', 30, 320)});
  CHECK(s.lines() == Lines{"t insert 2 | b", "--", "t insert 3 | c", "--"});
  CHECK(s.decoder->oldest_prepare() == 0);
  CHECK(error_of({two_phase('K', 99, 400)}).kind() == ErrorKind::unsupported);
}

TEST_CASE("a relation that came in a prepared transaction is known to those that end before it", "[decoder]") {
  Stream s;
  s.take({two_phase('b', 10, 200), relation(1, "t"), insert(1, "1", "a"), two_phase('P', 10, 200), begin(20, 300), insert(1, "2", "b"),
          commit(300)});
  CHECK(s.lines() == Lines{"t insert 2 | b", "--"});
  s.take({two_phase('K', 10, 400), begin(30, 500), insert(1, "3", "c"), commit(500)});
  CHECK(s.lines() == Lines{"t insert 2 | b", "--", "t insert 1 | a", "--", "t insert 3 | c", "--"});
}

TEST_CASE("what was delivered before is left out", "[decoder]") {
  Stream s({}, 200);
  s.take({begin(7, 192), relation(1, "t"), insert(1, "1", "a"), commit(192), stream_start(8), relation(1, "t", 'd', 8),
          insert(1, "2", "b", 8), stream_stop(), stream_commit(8, 196), begin(9, 204), insert(1, "3", "c"), commit(204)});
  CHECK(s.lines() == Lines{"t insert 3 | c", "--"});
}

TEST_CASE("tables that are not captured are counted, messages that say nothing are not", "[decoder]") {
  Stream s;
  s.take({begin(7, 200), relation(9, "other"), insert(9, "1", "a"), remove(9, 'K', "1", "NULL"),
          Message('M').byte(1).u64(5).text("app").u32(0).bytes(), Message('O').u64(1).text("up").bytes(), commit(200)});
  CHECK(s.lines().empty());
  CHECK(s.out.rows_filtered == 2);
  CHECK(s.decoder->ignored() == 2);
  CHECK(s.out.read_to == LogOffset{1, 208});
}

TEST_CASE("behind is who reads old transactions, not who reads nothing", "[decoder]") {
  constexpr int64_t kCommit = 946684800000000, kSecond = 1'000'000;
  Stream s;
  LogBatch batch;
  s.decoder->begin_batch(batch);
  s.decoder->take(begin(7, 200));
  CHECK_FALSE(s.decoder->behind(kCommit + kSecond));
  CHECK(s.decoder->behind(kCommit + kSecond + 1));
  s.decoder->take(commit(200));
  CHECK(s.decoder->behind(kCommit + kSecond + 1));
  s.decoder->end_batch();
  LogBatch idle;
  s.decoder->begin_batch(idle);
  CHECK_FALSE(s.decoder->behind(kCommit + kSecond + 1));
  s.decoder->pass(300);
  CHECK_FALSE(s.decoder->behind(kCommit + kSecond + 1));
  s.decoder->end_batch();
}

TEST_CASE("the place read to moves on when no transaction is open", "[decoder]") {
  Stream s;
  LogBatch batch;
  s.decoder->begin_batch(batch);
  s.decoder->pass(150);
  CHECK(s.decoder->useful());
  s.decoder->take(begin(7, 200));
  s.decoder->pass(300);
  s.decoder->end_batch();
  CHECK(batch.read_to == LogOffset{1, 150});
  CHECK(batch.transactions.empty());
}

TEST_CASE("TRUNCATE, within a stream block too", "[decoder]") {
  Stream s;
  s.take({begin(7, 200), relation(1, "t"), relation(9, "other"), Message('T').u32(2).byte(3).u32(9).u32(1).bytes(), commit(200),
          stream_start(10), relation(1, "t", 'd', 10), Message('T').u32(10).u32(1).byte(0).u32(1).bytes(),
          Message('T').u32(11).u32(1).byte(0).u32(1).bytes(), stream_stop(), stream_abort(10, 11), stream_commit(10, 300)});
  CHECK(s.lines() == Lines{"t truncate", "--", "t truncate", "--"});
}

TEST_CASE("generated columns may be published or not", "[decoder]") {
  Stream s;
  Message three = Message('R').u32(1).text("s").text("t").byte('d').u16(3).byte(1).text("id").u32(kInt8).u32(~0u);
  three.byte(0).text("twice").u32(kInt8).u32(~0u).byte(0).text("note").u32(kText).u32(~0u);
  const std::string row = Message('I').u32(1).byte('N').u16(3).field('t', "1").field('t', "2").field('t', "a").bytes();
  s.take({begin(7, 200), three.bytes(), row, commit(200)});
  CHECK(s.lines() == Lines{"t insert 1 | a", "--"});
}

TEST_CASE("a table that has another name for a while is still the captured one", "[decoder]") {
  Stream s({1, 2});
  s.take({relation(1, "t"), begin(7, 200), insert(1, "1", "a"), relation(1, "t2"), insert(1, "2", "b"), commit(200)});
  REQUIRE(s.out.transactions.size() == 1);
  CHECK(s.out.transactions[0].changes == Lines{"t insert 1 | a", "t insert 2 | b"});
}

TEST_CASE("a table that is another than the captured one stops the decoder at its first row", "[decoder]") {
  auto stops = [](Stream s, const std::string& with, ErrorKind kind) {
    s.take({begin(7, 200), with});  // by itself it is nothing
    const Error error = error_of(s, {insert(1, "1", "a")});
    INFO(error.what());
    CHECK(error.kind() == kind);
    CHECK(error.position() == "0/C8");
    CHECK_FALSE(error.hint().empty());
    return std::string(error.what());
  };
  const auto changed = ErrorKind::schema_changed;
  CHECK(stops(Stream({5, 2}), relation(1, "t"), changed) == "table s.t: another table has taken its name");
  Message one = Message('R').u32(1).text("s").text("t").byte('d').u16(1).byte(1).text("id").u32(kInt8).u32(~0u);
  CHECK(stops(Stream(), one.bytes(), changed).find("column note: is not in the log") != std::string::npos);
  Message other = Message('R').u32(1).text("s").text("t").byte('d').u16(2).byte(1).text("id").u32(869).u32(~0u);
  other.byte(0).text("note").u32(kText).u32(~0u);
  CHECK(stops(Stream(), other.bytes(), changed) == "table s.t, column id: is inet in the log, bigint in the schema");
  CHECK(stops(Stream(), relation(1, "t", 'n'), ErrorKind::server_settings).find("replica identity") != std::string::npos);
  CHECK(stops(Stream(), relation(1, "bag"), ErrorKind::server_settings).find("it has no key") != std::string::npos);
}

TEST_CASE("what contradicts the protocol is refused", "[decoder]") {
  CHECK(error_of({"Z"}).kind() == ErrorKind::unsupported);
  const std::vector<Lines> corrupt{{insert(1, "1", "a")},
                                   {begin(7, 200), insert(1, "1", "a")},  // not introduced
                                   {begin(7, 200), begin(8, 300)},
                                   {commit(200)},
                                   {begin(7, 200), commit(300)},
                                   {begin(7, 200), Message('C').byte(0).u64(200).u64(200).u64(0).bytes()},  // a commit takes space
                                   {begin(7, 200), stream_start(8)},
                                   {begin(7, 200), stream_commit(8, 300)},
                                   {begin(7, 200), commit(200), begin(8, 150)},  // commits are in order
                                   {two_phase('P', 7, 200)},
                                   {two_phase('b', 7, 200), begin(8, 300)},
                                   {stream_start(7), insert(1, "1", "a", 7), stream_stop(), stream_commit(7, 200)},
                                   {stream_start(7), "I"},
                                   {begin(7, 200), relation(1, "t"), insert(1, "x", "a")},
                                   {begin(7, 200), relation(1, "t"), remove(1, 'K', "~", "NULL")},
                                   {begin(7, 200), relation(1, "t"), Message('I').u32(1).byte('N').u16(1).field('t', "1").bytes()}};
  for (size_t i = 0; i < corrupt.size(); ++i) {
    const Error error = error_of(corrupt[i]);
    CAPTURE(i, error.what());
    CHECK((error.kind() == ErrorKind::corrupt || error.kind() == ErrorKind::data));
    CHECK_FALSE(error.position().empty());
  }
}
