// PostgreSQL's own types at the PostgreSQL sink: each value by every way in, and read back as the server prints it and as the sink reads
// it.
#include "integration/postgres_sink_fixture.h"
#include "tidemark/arena.h"

using namespace tidemark;
using namespace tidemark::test;

namespace {

/// A column of a type, and values of it in the texts that PostgreSQL prints.
struct Sample {
  const char* native;
  ValueKind kind;
  uint32_t length;
  uint8_t scale;
  std::vector<const char*> texts;
};

const std::vector<Sample>& samples() {
  static const std::vector<Sample> list = {
      {"boolean", ValueKind::boolean, 0, 0, {"t", "f"}},
      {"smallint", ValueKind::int64, 0, 0, {"-32768", "32767"}},
      {"integer", ValueKind::int64, 0, 0, {"-2147483648", "2147483647"}},
      {"bigint", ValueKind::int64, 0, 0, {"-9223372036854775808", "9223372036854775807"}},
      {"oid", ValueKind::uint64, 0, 0, {"0", "4294967295"}},
      {"real", ValueKind::float32, 0, 0, {"NaN", "-Infinity", "-0", "3.4028235e+38", "1e-45"}},
      {"double precision", ValueKind::float64, 0, 0, {"NaN", "Infinity", "-0", "5e-324", "0.1"}},
      {"numeric(10,2)", ValueKind::decimal, 10, 2, {"-99999999.99", "NaN", "0.00"}},
      {"numeric(3,-2)", ValueKind::decimal, 0, 0, {"99900", "-100", "0"}},
      {"numeric",
       ValueKind::decimal,
       0,
       0,
       {"Infinity", "-Infinity", "NaN", "1.50", "100000000000000000000000000000000000000.0000000000000001"}},
      {"money", ValueKind::decimal, 19, 2, {"-92233720368547758.08", "92233720368547758.07", "-0.05", "0.00"}},
      {"text", ValueKind::text, 0, 0, {"", "quote ' \\ \" \n \xf0\x9f\x98\x80", "NULL"}},
      {"character varying(5)", ValueKind::text, 5, 0, {"ab   ", ""}},
      {"character(5)", ValueKind::text, 5, 0, {"ab   ", "     "}},
      {"name", ValueKind::text, 0, 0, {"pg_class"}},
      {"\"char\"", ValueKind::other, 0, 0, {"x", ""}},
      {"public.citext", ValueKind::text, 0, 0, {"MiXed"}},
      {"bytea", ValueKind::bytes, 0, 0, {"", "\xff\x01\\x"}},
      {"uuid", ValueKind::uuid, 0, 0, {"0123456789abcdef"}},
      {"json", ValueKind::json, 0, 0, {"{\"b\":1.50,  \"a\": [1, \"\\u0041\"], \"b\": null}"}},
      {"jsonb", ValueKind::json, 0, 0, {"{\"a\": [1, \"A\"], \"b\": 1.50}", "1E+400"}},
      {"date", ValueKind::date, 0, 0, {"infinity", "-infinity", "4713-01-01 BC", "5874897-12-31", "2024-02-29"}},
      {"timestamp(3) without time zone", ValueKind::datetime, 0, 3, {"infinity", "0001-12-31 23:59:59.999 BC", "2024-02-29 00:00:00"}},
      {"timestamp with time zone", ValueKind::timestamp, 0, 6, {"-infinity", "294276-12-31 23:59:59.999999+00", "1970-01-01 00:00:00+00"}},
      {"time without time zone", ValueKind::time, 0, 6, {"24:00:00", "00:00:00", "23:59:59.999999"}},
      {"time with time zone", ValueKind::other, 0, 0, {"23:59:59.5+05:30", "24:00:00-15:59"}},
      {"interval", ValueKind::interval, 0, 0, {"P1Y2M3DT4H5M6.7S", "P-178956970Y-8M-2147483648D", "PT0S", "PT-0.000001S"}},
      {"bit(3)", ValueKind::bits, 3, 0, {"101", "000"}},
      {"bit varying(10)", ValueKind::other, 0, 0, {"", "1010"}},
      {"integer[]", ValueKind::array, 0, 0, {"{}", "{1,NULL,-3}", "[0:1]={1,2}", "[-1:0][5:6]={{1,2},{3,4}}"}},
      {"text[]", ValueKind::array, 0, 0, {"{\"NULL\",NULL,\"a b\",\"q\\\"\\\\\",\"\"}"}},
      {"numeric(10,2)[]", ValueKind::array, 0, 0, {"{1.50,NaN}"}},
      {"real[]", ValueKind::array, 0, 0, {"{NaN,-0,1.5}"}},
      {"bytea[]", ValueKind::array, 0, 0, {"{\"\\\\xff00\"}"}},
      {"timestamp with time zone[]", ValueKind::array, 0, 0, {"{\"2024-01-01 00:00:00+00\",infinity}"}},
      {"interval[]", ValueKind::array, 0, 0, {"{P1Y2M,PT-0.5S}"}},
      {"money[]", ValueKind::array, 0, 0, {"{\"$1,234.50\",-$0.05}"}},
      {"jsonb[]", ValueKind::array, 0, 0, {"{\"{\\\"a\\\": 1}\",NULL}"}},
      {"inet", ValueKind::other, 0, 0, {"192.168.0.1", "192.168.0.1/24", "2001:db8::1"}},
      {"cidr", ValueKind::other, 0, 0, {"10.0.0.0/8"}},
      {"macaddr8", ValueKind::other, 0, 0, {"08:00:2b:01:02:03:04:05"}},
      {"xml", ValueKind::text, 0, 0, {"<a>\xc3\xa4</a>", "plain"}},
      {"tsvector", ValueKind::text, 0, 0, {"'a':1A 'cat':3"}},
      {"int4range", ValueKind::other, 0, 0, {"[1,5)", "empty", "(,)"}},
      {"tstzrange", ValueKind::other, 0, 0, {"[\"2024-01-01 00:00:00+00\",infinity)"}},
      {"int4multirange", ValueKind::other, 0, 0, {"{}", "{[1,3),[5,)}"}},
      {"point", ValueKind::other, 0, 0, {"(1.5,-0)", "(Infinity,NaN)"}},
      {"circle", ValueKind::other, 0, 0, {"<(1,2),3>"}},
      {"path", ValueKind::other, 0, 0, {"[(0,0),(1,1)]", "((0,0),(1,1))"}},
      {"box[]", ValueKind::array, 0, 0, {"{(2,2),(1,1);(4,4),(3,3)}"}},
      {"pg_lsn", ValueKind::other, 0, 0, {"16/B374D848"}},
      {"public.hstore", ValueKind::other, 0, 0, {"\"a\"=>\"1\", \"b\"=>NULL", ""}},
      {"public.ltree", ValueKind::text, 0, 0, {"Top.Science"}},
      {"kinds.mood", ValueKind::text, 0, 0, {"sad", "it's \"fine\""}},
      {"kinds.mood[]", ValueKind::array, 0, 0, {"{sad,NULL}"}},
      {"kinds.positive", ValueKind::int64, 0, 0, {"7"}},
      {"kinds.missing_domain", ValueKind::text, 0, 0, {"domain"}},
      {"kinds.pair", ValueKind::other, 0, 0, {"(1,\"a b\")", "(,)"}},
  };
  return list;
}

std::vector<Column> sample_columns() {
  std::vector<Column> columns = {column("id", ValueKind::int64, "bigint")};
  for (const Sample& s : samples()) {
    columns.push_back(column("c" + std::to_string(columns.size()), s.kind, s.native, s.length, s.scale));
    columns.back().fixed_length = std::string_view(s.native) == "character(5)";
    if (std::string_view(s.native) == "kinds.mood") columns.back().labels = {"sad", "it's \"fine\""};
  }
  for (Column& c : columns) c.family = TypeFamily::postgres;
  return columns;
}

Civil civil_of(std::string_view text) {
  if (text == "infinity") return {kInfinityYear, 1, 1, 0};
  if (text == "-infinity") return {-kInfinityYear, 1, 1, 0};
  Civil c;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, n = 0;
  std::string copy(text);
  std::sscanf(copy.c_str(), "%d-%d-%d%n", &year, &month, &day, &n);
  if (copy.find(':') != std::string::npos) {
    int m = 0;
    std::sscanf(copy.c_str() + n, " %d:%d:%d%n", &hour, &minute, &second, &m);
    n += m;
    int64_t unit = 100000;
    if (copy[static_cast<size_t>(n)] == '.')
      for (size_t i = static_cast<size_t>(n) + 1; i < copy.size() && copy[i] >= '0' && copy[i] <= '9'; ++i, unit /= 10)
        c.micros += unit * (copy[i] - '0');
  }
  c.micros += ((hour * 60LL + minute) * 60 + second) * 1000000;
  c.year = copy.find("BC") != std::string::npos ? 1 - year : year;
  c.month = static_cast<uint8_t>(month);
  c.day = static_cast<uint8_t>(day);
  return c;
}

/// As the brief of the source's codec has it: the Value that a text of this column means.
Value value_of(const Column& c, std::string_view text, Rows& rows) {
  const std::string copy(text);
  switch (c.kind) {
    case ValueKind::boolean: return Value::boolean(text == "t");
    case ValueKind::int64: return Value::int64(std::strtoll(copy.c_str(), nullptr, 10));
    case ValueKind::uint64: return Value::uint64(std::strtoull(copy.c_str(), nullptr, 10));
    case ValueKind::float32: return Value::float32(std::strtof(copy.c_str(), nullptr));
    case ValueKind::float64: return Value::float64(std::strtod(copy.c_str(), nullptr));
    case ValueKind::date: {
      const Civil d = civil_of(text);
      return Value::date(d.year, d.month, d.day);
    }
    case ValueKind::datetime: return Value::datetime(civil_of(text), c.scale);
    case ValueKind::timestamp: return Value::timestamp(civil_of(text), c.scale);
    case ValueKind::time: return Value::time(civil_of("2000-01-01 " + copy).micros, c.scale);
    case ValueKind::bits: {
      const char byte = static_cast<char>(std::strtoul(copy.c_str(), nullptr, 2));
      return rows.bytes(ValueKind::bits, {&byte, 1});
    }
    default: return rows.bytes(c.kind, text);
  }
}

std::string printed(const Column& c, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  if (c.kind == ValueKind::bytes || c.kind == ValueKind::uuid) {
    std::string hex = c.kind == ValueKind::bytes ? "\\x" : "";
    for (char byte : text) {
      hex += kHex[static_cast<uint8_t>(byte) >> 4];
      hex += kHex[static_cast<uint8_t>(byte) & 15];
    }
    if (c.kind == ValueKind::uuid)
      for (size_t at : {20, 16, 12, 8}) hex.insert(at, 1, '-');
    return hex;
  }
  if (c.native_type == "jsonb" && text == "1E+400") return "1" + std::string(400, '0');
  return std::string(text);
}

/// Row r has the r-th value of each column, or the first again; the last row has NULL everywhere.
struct Samples {
  std::vector<Column> columns = sample_columns();
  Rows rows;
  std::vector<Row> all;
  Samples() {
    for (size_t r = 0; r < 6; ++r) {
      std::vector<Value> row = {Value::int64(static_cast<int64_t>(r))};
      for (size_t c = 1; c < columns.size(); ++c)
        row.push_back(r == 5 ? Value::null()
                      : columns[c].native_type == "jsonb" && text(r, c)[1] == 'E'
                          ? rows.bytes(ValueKind::json, printed(columns[c], text(r, c)))
                          : value_of(columns[c], text(r, c), rows));
      all.push_back(rows.row(row));
    }
  }
  const char* text(size_t row, size_t column) const {
    const std::vector<const char*>& texts = samples()[column - 1].texts;
    return texts[row % texts.size()];
  }
};

void make_types() {
  static const bool made = [] {
    postgres().exec(
        "CREATE EXTENSION IF NOT EXISTS citext SCHEMA public; CREATE EXTENSION IF NOT EXISTS hstore SCHEMA public;"
        "CREATE EXTENSION IF NOT EXISTS ltree SCHEMA public; CREATE SCHEMA kinds; GRANT ALL ON SCHEMA kinds TO tidemark;"
        "CREATE DOMAIN kinds.positive AS integer CHECK (VALUE > 0); CREATE TYPE kinds.pair AS (a integer, b text)");
    return true;
  }();
  (void)made;
}

void check_printed(const std::string& table, const Samples& samples) {
  PostgresAddress address;
  address.host = postgres().host();
  address.port = postgres().port();
  address.user = postgres().user();
  address.password = postgres().password();
  address.database = postgres().database();
  PostgresClient client(address);
  client.exec("SET IntervalStyle = 'iso_8601'; SET TimeZone = 'UTC'; SET lc_monetary = 'C'; SET search_path = pg_catalog");
  std::string list;
  for (size_t c = 1; c < samples.columns.size(); ++c) {
    // money is printed with a currency sign and separators; a composite whose fields are all NULL is "IS NULL" itself
    const std::string name = "c" + std::to_string(c);
    if (!list.empty()) list += ",";
    if (samples.columns[c].native_type == "money")
      list += fmt::format("{}::numeric::text", name);
    else
      list += fmt::format("CASE WHEN num_nulls({0}) = 0 THEN format('%s', {0}) END", name);
  }
  const auto rows = client.query(fmt::format("SELECT {} FROM {} ORDER BY id", list, table));
  REQUIRE(rows.size() == samples.all.size());
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t c = 1; c < samples.columns.size(); ++c) {
      INFO(samples.columns[c].native_type << " in row " << r);
      CHECK(rows[r][c - 1].value_or("is null") == (r == 5 ? "is null" : printed(samples.columns[c], samples.text(r, c))));
    }
  }
}

void check_read(Target& target, const Samples& samples) {
  auto found = target.read(samples.all);
  REQUIRE(found.size() == samples.all.size());
  Arena arena;
  for (const std::vector<Value>& row : found) {
    Row source = samples.all.at(static_cast<size_t>(row[0].int64()));
    for (uint32_t c = 0; c < row.size(); ++c) {
      INFO(samples.columns[c].native_type << " in row " << row[0].int64());
      CHECK(row[c] == target.sink->represent(0, c, source[c], arena));
      if (!(row[c] == source[c])) INFO("found " << (row[c].has_bytes() ? std::string(row[c].bytes()) : std::to_string(row[c].int64())));
      CHECK(row[c] == source[c]);
    }
  }
}

}  // namespace

TEST_CASE("every type of PostgreSQL arrives unchanged by load, upsert, staging and patch") {
  make_types();
  Samples samples;
  Target target("kinds", schema("kinds", "keyed", samples.columns, {0}));
  CHECK(postgres().value("SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = 'kinds.mood'::regtype") ==
        R"({sad,"it's \"fine\""})");
  for (size_t c = 1; c < samples.columns.size(); ++c) {
    const std::string type =
        postgres().value(fmt::format("SELECT format_type(atttypid, atttypmod) FROM pg_attribute, set_config('search_path', 'pg_catalog', "
                                     "false) WHERE attrelid = 'kinds.keyed'::regclass AND attname = 'c{}'",
                                     c));
    CHECK(type == (samples.columns[c].native_type == "kinds.missing_domain" ? "text" : samples.columns[c].native_type));
  }
  TableStep load;
  load.load = samples.all;
  load.load_plain = true;
  target.sink->write(batch_of(load));
  check_printed("kinds.keyed", samples);
  check_read(target, samples);

  // every row gets the values of the next by a patch, then its own back by an upsert
  TableStep patch;
  for (size_t r = 0; r < samples.all.size(); ++r) {
    std::vector<Value> next(samples.all[(r + 1) % samples.all.size()], samples.all[(r + 1) % samples.all.size()] + samples.columns.size());
    next[0] = samples.all[r][0];
    patch.patches.push_back({samples.all[r], samples.rows.row(next)});
  }
  target.sink->write(batch_of(patch));
  CHECK(postgres().value("SELECT c2 IS NULL FROM kinds.keyed WHERE id = 4") == "t");
  TableStep upsert;
  upsert.upserts = samples.all;
  target.sink->write(batch_of(upsert));
  check_printed("kinds.keyed", samples);
  check_read(target, samples);

  TableStep staged;
  for (int64_t id = 5000; id-- > 0;) {
    std::vector<Value> row(samples.all[static_cast<size_t>(id % 6)], samples.all[static_cast<size_t>(id % 6)] + samples.columns.size());
    row[0] = Value::int64(id);
    staged.upserts.push_back(samples.rows.row(row));
  }
  target.sink->write(batch_of(staged));
  CHECK(postgres().value("SELECT count(*) FROM kinds.keyed") == "5000");
  check_read(target, samples);
}

TEST_CASE("rows without key are found by all their values") {
  make_types();
  Samples samples;
  Target target("keyless", schema("kinds", "keyless", samples.columns, {}));
  TableStep step;
  for (Row row : samples.all) step.sequence.push_back({Op::insert, 0, nullptr, row});
  target.sink->write(batch_of(step));
  check_printed("kinds.keyless", samples);
  TableStep change;
  for (size_t r = 0; r + 1 < samples.all.size(); ++r) {
    std::vector<Value> other(samples.all[5], samples.all[5] + samples.columns.size());
    other[0] = Value::int64(static_cast<int64_t>(100 + r));
    change.sequence.push_back({Op::update, 0, samples.all[r], samples.rows.row(other)});
  }
  change.sequence.push_back({Op::remove, 0, samples.all[5], nullptr});
  target.sink->write(batch_of(change));
  CHECK(postgres().value("SELECT string_agg(id::text, ',' ORDER BY id) FROM kinds.keyless WHERE c2 IS NULL") == "100,101,102,103,104");
}

TEST_CASE("a label that the source's enum has got since is refused with the statement that adds it") {
  std::vector<Column> columns = {column("id", ValueKind::int64, "bigint"), column("mood", ValueKind::text, "late.mood")};
  for (Column& c : columns) c.family = TypeFamily::postgres;
  columns[1].labels = {"sad"};
  Target target("late", schema("late", "t", columns, {0}));
  Rows rows;
  const auto step = [&](bool loads) {
    TableStep out;
    (loads ? out.load : out.upserts).push_back(rows.row({Value::int64(1), rows.text("secretly glad")}));
    out.load_plain = loads;
    return out;
  };
  for (const bool loads : {true, false}) {
    const Error error = error_of([&] { target.sink->write(batch_of(step(loads))); });
    INFO(error.what() << " " << error.hint());
    CHECK(error.kind() == ErrorKind::data);
    CHECK(error.hint().find("ALTER TYPE late.mood ADD VALUE") != std::string::npos);
    CHECK((error.cause() + error.hint()).find("secretly") == std::string::npos);
    target.sink->open();
    target.sink->load_state("late");
    target.sink->prepare("late", {{target.table, "late", "t"}});
  }
  postgres().exec("ALTER TYPE late.mood ADD VALUE 'secretly glad'");
  target.sink->write(batch_of(step(true)));
  CHECK(postgres().value("SELECT mood FROM late.t") == "secretly glad");
}
