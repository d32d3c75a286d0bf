// One text for equal JSON.
#include "model/json_canonical.h"

#include "support/catch.h"

using tidemark::canonical_json;

TEST_CASE("equal JSON has one text") {
  const char* cases[][2] = {
      {" { \"bb\" : 1 , \"a\" : [ ] , \"c\" : { } } ", "{\"a\":[],\"c\":{},\"bb\":1}"},
      {"{\"a\": 1, \"a\": 2}", "{\"a\":2}"},
      {"[1.0, 1.50, 100, 1e2, 1E+2, 1.5e-3, 0.0015, 12.5e1]", "[1,1.5,100,100,100,0.0015,0.0015,125]"},
      {"[0, -0, -0.0, 0e10, 0.000]", "[0,0,0,0,0]"},
      {"[-1e-2, -100]", "[-0.01,-100]"},
      {"[9007199254740993, 0.1]", "[9007199254740993,0.1]"},
      {"\"\\u00e9\\u20ac\\ud83d\\ude00\\/\\t\\\"\\\\\"", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80/\\u0009\\\"\\\\\""},
      {"[true,false,null]", "[true,false,null]"},
      {"\"\"", "\"\""},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    REQUIRE(canonical_json(text).has_value());
    CHECK(*canonical_json(text) == expected);
    CHECK(*canonical_json(expected) == expected);
  }
}

TEST_CASE("what is not JSON is refused") {
  for (const char* text :
       {"", "{", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "tru", "1 2", "\"a", "\"\\x\"", "\"\\u12\"", "-", "1e", "[1}", "nul"}) {
    INFO(text);
    CHECK_FALSE(canonical_json(text).has_value());
  }
  CHECK_FALSE(canonical_json(std::string(100000, '[')).has_value());
  CHECK(canonical_json(std::string(400, '[') + std::string(400, ']')).has_value());
}

TEST_CASE("equal numbers have one text") {
  CHECK(tidemark::canonical_number("-1.50e1") == "-15");
  CHECK(tidemark::canonical_number("1e22") == "10000000000000000000000");
  CHECK_FALSE(tidemark::canonical_number("1 ").has_value());
  CHECK_FALSE(tidemark::canonical_number("NaN").has_value());
}
