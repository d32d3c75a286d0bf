// What the snapshot reader reads from a real server: every type as its text form has it, and by ranges of keys of many types every row
// once.
#include <fmt/format.h>

#include <random>
#include <set>

#include "engine/postgres/value_decoding.h"
#include "integration/postgres_reader_fixture.h"
#include "tidemark/key.h"

using namespace tidemark;
using namespace tidemark::postgres;
using namespace tidemark::test;

namespace {

struct TypeCase {
  Column column;
  std::string values;  // SQL: a query of one column
};

/// Random values as SQL; `i` runs from 1.
std::string random_values(const std::string& expression, int count = 400) {
  return fmt::format("SELECT {} FROM generate_series(1, {}) i", expression, count);
}

std::string listed(const std::string& type, const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) {
    out += fmt::format("{}SELECT {}::{}", out.empty() ? "" : " UNION ALL ", value == "NULL" ? value : postgres_quote(value), type);
  }
  return out;
}

const char* const kRandomInterval =
    "make_interval(months => ((random() - 0.5) * 10 ^ (random() * 8))::int, days => ((random() - 0.5) * 10 ^ (random() * 9))::int) "
    "+ ((random() - 0.5) * 10 ^ (random() * 15))::int8 * interval '1 microsecond'";

std::vector<TypeCase> type_cases() {
  const auto c = [](ValueKind kind, const std::string& native, uint32_t length = 0, uint8_t scale = 0) {
    return pg_column("v", kind, native, length, scale);
  };
  Column mood = c(ValueKind::text, "public.mood");
  mood.labels = {"sad", "ok", "it's \"fine\""};
  return {
      {c(ValueKind::boolean, "boolean"), listed("boolean", {"t", "f"})},
      {c(ValueKind::int64, "smallint"), random_values("((random() - 0.5) * 65534)::int2")},
      {c(ValueKind::int64, "integer"), random_values("((random() - 0.5) * 4294967294)::int4")},
      {c(ValueKind::int64, "bigint"), random_values("((random() - 0.5) * 10 ^ (random() * 19))::int8")},
      {c(ValueKind::uint64, "oid"), listed("oid", {"0", "4294967295"})},
      {c(ValueKind::float32, "real"), random_values("((random() - 0.5) * 10 ^ ((random() - 0.5) * 70))::float4")},
      {c(ValueKind::float32, "real"), listed("real", {"NaN", "Infinity", "-Infinity", "-0", "1e-45"})},
      {c(ValueKind::float64, "double precision"), random_values("(random() - 0.5) * 10 ^ ((random() - 0.5) * 600)")},
      {c(ValueKind::float64, "double precision"), listed("float8", {"NaN", "Infinity", "-Infinity", "-0", "5e-324"})},
      {c(ValueKind::decimal, "numeric(20,5)", 20, 5), random_values("((random() - 0.5) * 10 ^ (random() * 15))::numeric(20,5)")},
      {c(ValueKind::decimal, "numeric"),
       random_values("round(((random() - 0.5) * 10 ^ ((random() - 0.5) * 60))::numeric * 1.000000000001, (random() * 40)::int)", 2000)},
      {c(ValueKind::decimal, "numeric"), listed("numeric", {"NaN", "Infinity", "-Infinity", "0", "0.000", "1e1000", "-1e-1000"})},
      {c(ValueKind::decimal, "numeric(3,-2)"), listed("numeric(3,-2)", {"12345", "-99900", "0"})},
      {c(ValueKind::decimal, "money", 19, 2), random_values("((random() - 0.5) * 10 ^ (random() * 16))::numeric::money")},
      {c(ValueKind::text, "text"), listed("text", {"", "a", "\\N", "äöü 漢字 😀", "line\nbreak\ttab \\ \" '"})},
      {c(ValueKind::text, "character varying(9)", 9), listed("varchar(9)", {"", "ab  "})},
      {c(ValueKind::text, "character(5)", 5), listed("char(5)", {"", "ab", "ä"})},
      {c(ValueKind::text, "name"), listed("name", {"pg_class"})},
      {c(ValueKind::other, "\"char\""), listed("\"char\"", {"a", ""})},
      {c(ValueKind::text, "public.citext"), listed("citext", {"aB", ""})},
      {c(ValueKind::text, "xml"), listed("xml", {"<?xml version=\"1.0\" encoding=\"UTF-8\"?><a>ä</a>", "<b/>"})},
      {c(ValueKind::text, "tsvector"), listed("tsvector", {"a fat cat:3A", ""})},
      {mood, listed("mood", {"sad", "it's \"fine\""})},
      {c(ValueKind::bytes, "bytea"), random_values("decode(repeat(md5(i::text), (random() * 9)::int), 'hex')")},
      {c(ValueKind::uuid, "uuid"), random_values("gen_random_uuid()")},
      {c(ValueKind::json, "json"), listed("json", {" {\"a\" : 1, \"a\":2} ", "\"\\u0000\"", "null"})},
      {c(ValueKind::json, "jsonb"), listed("jsonb", {"{\"b\": 1e3, \"a\": [1, null]}", "\"ä\"", "null"})},
      {c(ValueKind::date, "date"), random_values("date '2000-01-01' + ((random() - 0.4) * 5000000)::int")},
      {c(ValueKind::date, "date"), listed("date", {"infinity", "-infinity", "4713-01-01 BC", "5874897-12-31", "0001-12-31 BC"})},
      {c(ValueKind::datetime, "timestamp without time zone", 0, 6),
       random_values("timestamp '2000-01-01' + ((random() - 0.3) * 10 ^ (random() * 17.2))::int8 * interval '1 microsecond'", 2000)},
      {c(ValueKind::datetime, "timestamp(3) without time zone", 0, 3),
       listed("timestamp(3)", {"infinity", "-infinity", "4713-01-01 BC", "294276-12-31 23:59:59.999", "0044-03-15 00:00:00.1 BC"})},
      {c(ValueKind::timestamp, "timestamp with time zone", 0, 6),
       random_values("timestamptz '2000-01-01' + ((random() - 0.3) * 10 ^ (random() * 17.2))::int8 * interval '1 microsecond'")},
      {c(ValueKind::timestamp, "timestamp with time zone", 0, 6), listed("timestamptz", {"infinity", "2026-01-02 03:04:05-13:30"})},
      {c(ValueKind::time, "time without time zone", 0, 6), random_values("time '00:00' + random() * interval '1 day'")},
      {c(ValueKind::time, "time(2) without time zone", 0, 2), listed("time(2)", {"24:00", "00:00:00.01"})},
      {c(ValueKind::other, "time with time zone"), listed("timetz", {"24:00-15", "01:02:03.4+05:30:10"})},
      {c(ValueKind::interval, "interval"), random_values(kRandomInterval, 5000)},
      {c(ValueKind::interval, "interval"), listed("interval", {"0", "-1 mon +1 day -00:00:01", "178956970 years 7 mons", "-59.000001 s"})},
      {c(ValueKind::bits, "bit(1)", 1), listed("bit(1)", {"0", "1"})},
      {c(ValueKind::bits, "bit(77)", 77), random_values("(repeat('1', i % 77) || repeat('0', 77 - i % 77))::bit(77)")},
      {c(ValueKind::bits, "bit(13)", 13), random_values("(random() * 8191)::int::bit(13)")},
      {c(ValueKind::other, "bit varying"), listed("varbit", {"", "101", "00000000111111111"})},
      {c(ValueKind::array, "integer[]"), listed("integer[]", {"{}", "{1,NULL,-3}", "[0:1]={1,2}", "{{1,2},{3,4}}"})},
      {c(ValueKind::array, "text[]"), listed("text[]", {"{a,NULL,\"NULL\",\"\",\"a \\\"b\\\\ c\"}"})},
      {c(ValueKind::array, "public.mood[]"), listed("mood[]", {"{sad,ok}"})},
      {c(ValueKind::other, "int4range"), listed("int4range", {"[1,5)", "empty", "(,3]"})},
      {c(ValueKind::other, "inet"), listed("inet", {"1.2.3.4", "1.2.3.4/24", "::1", "fe80::1/64"})},
      {c(ValueKind::other, "cidr"), listed("cidr", {"10.0.0.0/8", "::/0"})},
      {c(ValueKind::other, "macaddr"), listed("macaddr", {"08:00:2b:01:02:03"})},
      {c(ValueKind::other, "point"), listed("point", {"(1.5,-2)"})},
      {c(ValueKind::other, "public.pair"), "SELECT ROW(NULL, NULL)::pair UNION ALL SELECT ROW(1, 'a b')::pair UNION ALL SELECT NULL"},
      {c(ValueKind::int64, "public.positive"), listed("positive", {"1", "2147483647"})},
      {c(ValueKind::json, "public.document"), listed("document", {"{\"a\": 1}"})},
      {c(ValueKind::decimal, "public.price", 19, 2), listed("price", {"12.5", "-1234.5"})},
      {c(ValueKind::decimal, "public.rate", 10, 4), listed("rate", {"12.5", "NaN"})},
      {c(ValueKind::text, "public.label"), listed("label", {"x", ""})},
      {c(ValueKind::other, "public.address"), listed("address", {"10.1.2.3"})},
  };
}

void create_types() {
  static const bool created = [] {
    source_server().exec(
        "CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s \"fine\"'); CREATE TYPE pair AS (a int, b text);"
        "CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE DOMAIN document AS jsonb; CREATE DOMAIN price AS money;"
        "CREATE DOMAIN rate AS numeric(10,4); CREATE DOMAIN label AS citext; CREATE DOMAIN address AS inet;");
    return true;
  }();
  (void)created;
}

}  // namespace

TEST_CASE("every type reads as its text form says") {
  create_types();
  SnapshotFixture fixture;
  Connection text_connection(source_config().address, Role::source);
  text_connection.open();
  int number = 0;
  for (const TypeCase& each : type_cases()) {
    const std::string name = fmt::format("types_{}", ++number), &native = each.column.native_type;
    INFO(native << ": " << each.values);
    if (native.find(",-") != std::string::npos && text_connection.version_number() < 150000) continue;  // it has no scales below 0
    at_source(
        fmt::format("CREATE TABLE {} (id serial PRIMARY KEY, v {}); INSERT INTO {} (v) SELECT * FROM ({}) s; INSERT INTO {} (v) "
                    "VALUES (NULL)",
                    name, native, name, each.values, name));
    const TableSchema table = pg_table(name, {pg_column("id", ValueKind::int64, "integer"), each.column}, {0});
    const ReadRows read = fixture.read(table);
    // what the type's output function prints, which is what pgoutput sends as well
    const Result expected = text_connection.run(fmt::format("SELECT v FROM public.{} ORDER BY id", name), "reading");
    REQUIRE(read.rows.size() == static_cast<size_t>(PQntuples(expected.get())));
    const FieldDecoder decoder(each.column);
    Arena arena;
    for (int i = 0; i < PQntuples(expected.get()); ++i) {
      Value from_text = Value::null();
      const std::string_view text = field_of(expected.get(), i, 0);
      INFO(text);
      if (PQgetisnull(expected.get(), i, 0) == 0) REQUIRE(decoder.text(text, from_text, arena));
      const Value& from_copy = read.rows[static_cast<size_t>(i)][1];
      if (from_text == from_copy) continue;  // one assertion a row would be most of the time
      CHECK(from_text.kind() == from_copy.kind());
      if (from_copy.has_bytes()) CHECK(from_copy.bytes() == text);
      FAIL("the forms differ");
    }
    CHECK(read.rows.back()[1].is_null());
  }
}

namespace {

struct KeyCase {
  std::string name;
  std::string columns;  // of the key, as SQL
  std::vector<Column> key;
  std::string values;  // a query of the key's columns
  size_t rows = 0;     // 0: as many as it gives
};

std::vector<KeyCase> key_cases() {
  const auto c = [](const char* name, ValueKind kind, const std::string& native, uint32_t length = 0, uint8_t scale = 0) {
    return pg_column(name, kind, native, length, scale);
  };
  const std::string words =
      "SELECT DISTINCT chr(65 + i % 57) || substr(md5((i * 7)::text), 1, 1 + i % 4) || chr(228 + i % 20) || '''\\' "
      "FROM generate_series(1, 300) i";
  std::vector<KeyCase> cases = {
      {"bigint", "a bigint", {c("a", ValueKind::int64, "bigint")}, "SELECT (i * 7919 % 1000 - 500)::int8 FROM generate_series(1, 300) i"},
      {"text_c", "a text COLLATE \"C\"", {c("a", ValueKind::text, "text")}, words},
      {"text_libc", "a text COLLATE \"C.utf8\"", {c("a", ValueKind::text, "text")}, words},
      {"text_icu", "a text COLLATE \"de-x-icu\"", {c("a", ValueKind::text, "text")}, words},
      {"varchar", "a varchar(20)", {c("a", ValueKind::text, "character varying(20)", 20)}, words},
      {"char", "a char(9)", {c("a", ValueKind::text, "character(9)", 9)}, words},
      {"citext", "a citext", {c("a", ValueKind::text, "public.citext")}, "SELECT DISTINCT ON (lower(a)) a FROM (" + words + ") s(a)"},
      {"domain_of_citext",
       "a label",
       {c("a", ValueKind::text, "public.label")},
       "SELECT DISTINCT ON (lower(a)) a FROM (" + words + ") s(a)"},
      {"uuid", "a uuid", {c("a", ValueKind::uuid, "uuid")}, "SELECT gen_random_uuid() FROM generate_series(1, 300)"},
      {"bytea", "a bytea", {c("a", ValueKind::bytes, "bytea")}, "SELECT decode(md5(i::text), 'hex') FROM generate_series(1, 100) i"},
      {"boolean_and_enum",
       "a boolean, b mood",
       {c("a", ValueKind::boolean, "boolean"), c("b", ValueKind::text, "public.mood")},
       "SELECT a, b FROM unnest('{t,f}'::bool[]) a, unnest(enum_range(NULL::mood)) b"},
      {"text_and_integer",
       "a text COLLATE \"de-x-icu\", b int",
       {c("a", ValueKind::text, "text"), c("b", ValueKind::int64, "integer")},
       "SELECT chr(97 + i % 5) || chr(65 + i % 7), i FROM generate_series(1, 300) i"},
      {"timestamp",
       "a timestamp",
       {c("a", ValueKind::datetime, "timestamp without time zone", 0, 6)},
       "SELECT timestamp '0001-06-01' + (i - 150) * interval '13 days 01:02:03.456789' FROM generate_series(1, 300) i "
       "UNION ALL SELECT 'infinity' UNION ALL SELECT '-infinity'"},
      {"timestamptz",
       "a timestamptz",
       {c("a", ValueKind::timestamp, "timestamp with time zone", 0, 6)},
       "SELECT timestamptz '2026-01-01' + i * interval '1 hour 0.000001 seconds' FROM generate_series(1, 300) i UNION ALL SELECT "
       "'infinity'"},
      {"date",
       "a date",
       {c("a", ValueKind::date, "date")},
       "SELECT date '0001-01-01' + 50 * (i - 150) FROM generate_series(1, 300) i UNION ALL SELECT '-infinity'"},
      {"time",
       "a time",
       {c("a", ValueKind::time, "time without time zone", 0, 6)},
       "SELECT time '00:00' + i * interval '123.456 seconds' FROM generate_series(1, 300) i UNION ALL SELECT '24:00'"},
      {"interval",
       "a interval",
       {c("a", ValueKind::interval, "interval")},
       "SELECT (i - 150) * interval '1 mon -3 days 00:00:01.5' FROM generate_series(1, 300) i"},
      {"numeric",
       "a numeric",
       {c("a", ValueKind::decimal, "numeric")},
       "SELECT (i - 150) * 1.10 FROM generate_series(1, 300) i UNION ALL SELECT unnest('{NaN,Infinity,-Infinity}'::numeric[])"},
      {"double",
       "a float8",
       {c("a", ValueKind::float64, "double precision")},
       "SELECT (i - 150) * 0.1 FROM generate_series(1, 300) i UNION ALL SELECT unnest('{NaN,Infinity,-Infinity}'::float8[])"},
      {"real", "a real", {c("a", ValueKind::float32, "real")}, "SELECT ((i - 150) * 0.1)::real FROM generate_series(1, 300) i"},
      {"bit", "a bit(12)", {c("a", ValueKind::bits, "bit(12)", 12)}, "SELECT i::bit(12) FROM generate_series(1, 300) i"},
      {"inet", "a inet", {c("a", ValueKind::other, "inet")}, "SELECT inet '10.0.0.0' + i FROM generate_series(1, 300) i"},
      {"array", "a int[]", {c("a", ValueKind::array, "integer[]")}, "SELECT array[i % 7, i] FROM generate_series(1, 300) i"},
  };
  return cases;
}

/// By chunks of `rows`; checks that every chunk but the last one has that many.
std::multiset<KeyBytes> walk(SnapshotFixture& fixture, const TableSchema& table, uint64_t rows) {
  std::multiset<KeyBytes> out;
  std::optional<KeyBytes> after;
  while (true) {
    const std::optional<KeyBytes> upto = fixture.reader.boundary(table, after, std::nullopt, rows);
    const ReadRows read = fixture.read(table, {after, upto, std::nullopt});
    CHECK((upto ? read.rows.size() == rows : read.rows.size() < rows));
    for (Row row : read.rows) out.insert(encode_key(table, row));
    if (!upto) return out;
    CHECK(encode_key(table, read.rows.back()) == *upto);
    after = upto;
  }
}

}  // namespace

TEST_CASE("ranges of keys give every row once") {
  create_types();
  SnapshotFixture fixture;
  for (const KeyCase& each : key_cases()) {
    INFO(each.name);
    const std::string name = "keys_" + each.name;
    std::string names;
    std::vector<uint16_t> key;
    std::vector<Column> columns = each.key;
    for (const Column& column : each.key) {
      names += (names.empty() ? "" : ", ") + column.name;
      key.push_back(static_cast<uint16_t>(key.size()));
    }
    columns.push_back(pg_column("n", ValueKind::int64, "integer"));
    at_source(fmt::format("CREATE TABLE {} ({}, n serial, PRIMARY KEY ({})); INSERT INTO {} ({}) SELECT * FROM ({}) s ORDER BY random()",
                          name, each.columns, names, name, names, each.values));
    const TableSchema table = pg_table(name, columns, key);
    const size_t count = std::stoul(source_server().value("SELECT count(*) FROM " + name));
    const std::multiset<KeyBytes> walked = walk(fixture, table, 7);
    CHECK(walked.size() == count);
    CHECK(std::set<KeyBytes>(walked.begin(), walked.end()).size() == count);
    // each of them is found by its key, too
    ReadRows found;
    fixture.reader.read_keys(table, {walked.begin(), walked.end()}, found.sink());
    CHECK(found.rows.size() == count);
    const ReadRows one = fixture.read(table, {std::nullopt, std::nullopt, *walked.begin()});
    REQUIRE(one.rows.size() == 1);
    CHECK(encode_key(table, one.rows[0]) == *walked.begin());
  }
}

TEST_CASE("a range ends where it should, and a walk stays within its upper end") {
  SnapshotFixture fixture;
  at_source("CREATE TABLE ends (id int PRIMARY KEY); INSERT INTO ends SELECT generate_series(1, 100)");
  const TableSchema table = pg_table("ends", {pg_column("id", ValueKind::int64, "integer")}, {0});
  const auto key = [&](int64_t id) {
    const Value v = Value::int64(id);
    return encode_key(table, &v);
  };
  CHECK(fixture.reader.boundary(table, key(10), key(20), 10) == key(20));
  CHECK(fixture.reader.boundary(table, key(10), key(20), 11) == std::nullopt);
  CHECK(fixture.reader.boundary(table, std::nullopt, std::nullopt, 1) == key(1));
  const ReadRows read = fixture.read(table, {key(10), key(20), std::nullopt});
  REQUIRE(read.rows.size() == 10);
  CHECK(read.rows.front()[0].int64() == 11);
  CHECK(read.rows.back()[0].int64() == 20);
}

TEST_CASE("a key that the server takes for another's equal is not given for it") {
  create_types();
  SnapshotFixture fixture;
  at_source(
      "CREATE COLLATION sameness (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
      "CREATE TABLE same (a text COLLATE sameness PRIMARY KEY); INSERT INTO same VALUES ('Abc'), ('xyz')");
  const TableSchema table = pg_table("same", {pg_column("a", ValueKind::text, "text")}, {0});
  const auto key = [&](const char* text) {
    const Value v = Value::of_bytes(ValueKind::text, text);
    return encode_key(table, &v);
  };
  CHECK(fixture.read(table, {std::nullopt, std::nullopt, key("aBC")}).rows.empty());
  CHECK(fixture.read(table, {std::nullopt, std::nullopt, key("Abc")}).rows.size() == 1);
}
