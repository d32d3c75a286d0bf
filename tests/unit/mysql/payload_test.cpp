// Compressed events: bounded, and told apart when they are cut or lie about their size.
#include "engine/mysql/payload.h"

#include <zlib.h>
#include <zstd.h>

#include <string>
#include <utility>
#include <vector>

#include "row_text.h"
#include "support/catch.h"

namespace tidemark::mysql {

namespace {

std::string event(char type, size_t body) {
  std::string out(19 + body, type);
  auto length = static_cast<uint32_t>(out.size());
  for (size_t i = 0; i < 4; ++i) out[9 + i] = static_cast<char>(length >> (8 * i));
  return out;
}

std::string number(uint64_t v) {
  std::string out(1, '\xFE');
  for (size_t i = 0; i < 8; ++i) out += static_cast<char>(v >> (8 * i));
  return out;
}

std::string payload(const std::string& packed, uint64_t compression, uint64_t unpacked) {
  std::string out;
  const std::vector<std::pair<char, uint64_t>> fields = {{2, compression}, {3, unpacked}, {1, packed.size()}};
  for (const auto& [kind, value] : fields) {
    std::string field = number(value);
    out += kind;
    out += static_cast<char>(field.size());
    out += field;
  }
  return out + '\0' + packed;
}

std::string zstd(const std::string& plain) {
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
  return out;
}

std::string deflated(const std::string& plain) {
  std::string out(compressBound(plain.size()), '\0');
  uLongf size = out.size();
  REQUIRE(compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(plain.data()), plain.size()) == Z_OK);
  out.resize(size);
  return out;
}

/// Sizes of the events, or the error.
std::string walk(const std::string& body) {
  PayloadReader reader;
  if (!reader.open(ByteCursor(body))) return reader.error();
  std::string out;
  for (;;) {
    std::string_view inner;
    switch (reader.next(inner)) {
      case PayloadReader::Step::event: out += std::to_string(inner.size()) + " "; break;
      case PayloadReader::Step::end: return out + "end";
      case PayloadReader::Step::failed: return reader.error();
    }
  }
}

}  // namespace

TEST_CASE("events within a payload, compressed or not") {
  std::string plain = event('a', 0) + event('b', 300000) + event('c', 5) + event('d', 70000);
  CHECK(walk(payload(zstd(plain), 0, plain.size())) == "19 300019 24 70019 end");
  CHECK(walk(payload(plain, 255, plain.size())) == "19 300019 24 70019 end");
  CHECK(walk(payload("", 255, 0)) == "end");
}

TEST_CASE("a reader takes one payload after the other") {
  PayloadReader reader;
  std::string_view inner;
  std::string first = payload(zstd(event('a', 100)), 0, 119), second = payload(zstd(event('b', 7)), 0, 26);
  REQUIRE(reader.open(ByteCursor(first)));
  REQUIRE(reader.next(inner) == PayloadReader::Step::event);
  REQUIRE(reader.open(ByteCursor(second)));  // the first one was not read to its end
  REQUIRE(reader.next(inner) == PayloadReader::Step::event);
  CHECK(inner == event('b', 7));
  CHECK(reader.next(inner) == PayloadReader::Step::end);
}

TEST_CASE("payloads that are not whole") {
  std::string plain = event('a', 50) + event('b', 500);
  std::string packed = zstd(plain);
  CHECK(walk(payload(packed.substr(0, packed.size() - 3), 0, plain.size())) == "transaction payload: zstd data ends too early");
  CHECK(walk(payload(packed, 0, plain.size() + 1)) == "transaction payload: announces 589 bytes, holds 588");
  CHECK(walk(payload(plain.substr(0, 200), 255, 200)) == "transaction payload: ends within an event");
  CHECK(walk(payload(plain.substr(0, 75), 255, 75)) == "transaction payload: ends within an event");
  CHECK(walk(payload(packed, 1, plain.size())) == "transaction payload: compression 1 is not known");
  CHECK(walk(payload("no zstd at all, is it", 0, 1)).starts_with("transaction payload: zstd: "));
  std::string lying = event('a', 50);
  lying[9] = 5;
  CHECK(walk(payload(lying, 255, lying.size())) == "transaction payload: event of 5 bytes");
  std::string body = payload(packed, 0, plain.size());
  for (size_t n = 0; n < body.size(); ++n) CHECK(walk(body.substr(0, n)).starts_with("transaction payload: "));
}

TEST_CASE("a payload that holds more than it announces is left at once") {
  const std::string plain = event('a', 81) + event('b', 16 << 20);
  const std::string why = "transaction payload: holds more than the 100 bytes that it announces";
  for (const std::string& body : {payload(zstd(plain), 0, 100), payload(plain, 255, 100)}) {
    PayloadReader reader;
    std::string_view inner;
    REQUIRE(reader.open(ByteCursor(body)));
    CHECK(reader.next(inner) == PayloadReader::Step::failed);
    CHECK(reader.error() == why);
    CHECK(reader.next(inner) == PayloadReader::Step::failed);
  }
  // what was announced has come out when the rest begins
  const std::string body = payload(zstd(event('a', 70000) + event('b', 16 << 20)), 0, 70019);
  CHECK(walk(body) == "transaction payload: holds more than the 70019 bytes that it announces");
  CHECK(walk(payload(zstd(event('a', 81)), 0, 99)) == "transaction payload: holds more than the 99 bytes that it announces");
}

TEST_CASE("MariaDB's compressed binlog data") {
  std::string plain(100000, 'x'), out = "kept ", why;
  std::string packed = from_hex("830186A0") + deflated(plain);
  REQUIRE(inflate_binlog(packed, out, why));
  CHECK(out == "kept " + plain);
  for (const char* head : {"8301869F", "830186A1", "830186A0FF", "8001", "85", "93", "03", ""}) {
    std::string bad = from_hex(head) + deflated(plain);
    out.clear();
    CHECK_FALSE(inflate_binlog(bad, out, why));
    CHECK(out.empty());
  }
  CHECK_FALSE(inflate_binlog(packed.substr(0, packed.size() - 5), out, why));
  CHECK_FALSE(inflate_binlog(from_hex("84FFFFFFFF") + deflated(plain), out, why));
  out.clear();
  CHECK(inflate_binlog(from_hex("8100") + deflated(""), out, why));
}

TEST_CASE("a compressed query event becomes a plain one") {
  std::string head(13, '\0');
  head[8] = 2;   // length of the database's name
  head[11] = 3;  // of the status variables
  std::string plain = head + "sss" + "db" + std::string(1, '\0'), statement = "create table t(a int)", out, why;
  REQUIRE(inflate_query(plain + from_hex("8115") + deflated(statement), out, why));
  CHECK(out == plain + statement);
  for (size_t n = 0; n < plain.size(); ++n) CHECK_FALSE(inflate_query(plain.substr(0, n), out, why));
}

TEST_CASE("values of compressed columns") {
  std::string out;
  CHECK(inflate_column("", 100, out));
  CHECK(out.empty());
  CHECK(inflate_column(std::string("\0abc", 4), 100, out));
  CHECK(out == "abc");
  out.clear();
  CHECK(inflate_column(from_hex("82012C") + deflated(std::string(300, 'z')), 300, out));
  CHECK(out == std::string(300, 'z'));
  CHECK_FALSE(inflate_column(from_hex("82012C") + deflated(std::string(300, 'z')), 299, out));
  CHECK_FALSE(inflate_column(from_hex("72012C") + deflated(std::string(300, 'z')), 300, out));
  CHECK_FALSE(inflate_column(std::string("\0abc", 4), 2, out));
}

}  // namespace tidemark::mysql
