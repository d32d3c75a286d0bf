// Arrays and hstore in the texts that PostgreSQL prints: each must come back unchanged.
#include "model/array_text.h"

#include <random>

#include "support/catch.h"

using namespace tidemark;

namespace {

ArrayElement item(const char* text) { return {false, text}; }
const ArrayElement kNone{true, ""};

}  // namespace

TEST_CASE("arrays that PostgreSQL printed come back as they were", "[array]") {
  for (const char* text :
       {"{}", "{1}", "{1,NULL,3}", R"({"NULL","null",nul})", R"({""})", R"({a,"b c","d,e","f{g","h}i"})", R"({"quo\"te","back\\slash"})",
        "{\"\ttab\",\"line\nfeed\"}", "{{1,2},{3,4}}", "{{{1},{2}},{{3},{4}}}", "[0:1]={1,2}", "[-1:0][5:6]={{1,2},{3,4}}", "[2:2]={NULL}",
        R"({{NULL,""},{"x y",z}})", "[-2147483648:-2147483647]={a,b}", "{\xc3\xa4\xc3\xb6,\xe2\x82\xac}", "{{{{{{6}}}}}}", "{\"(1,2)\"}"}) {
    INFO(text);
    auto array = parse_array(text);
    REQUIRE(array);
    CHECK(array_text(*array) == text);
  }
  auto boxes = parse_array("{(2,2),(1,1);(4,4),(3,3)}", ';');
  REQUIRE(boxes);
  CHECK(boxes->elements == std::vector<ArrayElement>{item("(2,2),(1,1)"), item("(4,4),(3,3)")});
  CHECK(array_text(*boxes, ';') == "{(2,2),(1,1);(4,4),(3,3)}");
}

TEST_CASE("arrays are taken apart", "[array]") {
  auto array = parse_array(R"([0:1][1:2]={{1,NULL},{"NULL","a\"b"}})");
  REQUIRE(array);
  CHECK(array->dimensions == std::vector<ArrayText::Dimension>{{0, 2}, {1, 2}});
  CHECK(array->elements == std::vector<ArrayElement>{item("1"), kNone, item("NULL"), item("a\"b")});
  CHECK_FALSE(array->default_bounds());
  CHECK(parse_array("{}")->elements.empty());
}

TEST_CASE("what is no array is refused", "[array]") {
  for (const char* text : {"",
                           "{",
                           "}",
                           "1",
                           "{1",
                           "{1,}",
                           "{,1}",
                           "{1}}",
                           "{1}x",
                           "{\"a}",
                           "{\"a\\",
                           "{a b}",
                           "{a\"b}",
                           "{{1,2},{3}}",
                           "{{1},2}",
                           "{1,{2}}",
                           "{{1},{{2}}}",
                           "{{}}",
                           "{{},{}}",
                           "[0:1]={1}",
                           "[0:1]={}",
                           "[1:0]={}",
                           "[0:1]{1,2}",
                           "[a:1]={1,2}",
                           "[1:2][1:1]={1,2}",
                           "{{{{{{{7}}}}}}}",
                           "[1:1][1:1][1:1][1:1][1:1][1:1][1:1]={{{{{{{7}}}}}}}",
                           "{\\a}"}) {
    INFO(text);
    CHECK_FALSE(parse_array(text));
  }
}

TEST_CASE("any array survives being written and read", "[array]") {
  std::mt19937 random(7);
  constexpr std::string_view kBytes = "ab\"\\{},; \n\t\r\v\fNULL\xc3\xa4";
  for (int round = 0; round < 2000; ++round) {
    ArrayText array;
    size_t count = 1;
    for (size_t d = random() % 4; d > 0; --d) {
      array.dimensions.push_back({static_cast<int32_t>(random() % 5) - 2, static_cast<uint32_t>(1 + random() % 3)});
      count *= array.dimensions.back().size;
    }
    for (size_t i = 0; !array.dimensions.empty() && i < count; ++i) {
      ArrayElement element;
      element.is_null = random() % 5 == 0;
      for (size_t n = element.is_null ? 0 : random() % 6; n > 0; --n) element.text += kBytes[random() % kBytes.size()];
      array.elements.push_back(element);
    }
    const std::string text = array_text(array);
    INFO(text);
    auto back = parse_array(text);
    REQUIRE(back);
    CHECK(*back == array);
  }
}

TEST_CASE("hstore comes back as it was", "[array]") {
  for (const char* text : {"", R"("a"=>"1")", R"("a"=>"1", "b"=>NULL)", R"("q\"\\"=>"", ""=>"NULL")"}) {
    INFO(text);
    auto pairs = parse_hstore(text);
    REQUIRE(pairs);
    CHECK(hstore_text(*pairs) == text);
  }
  CHECK(parse_hstore(R"("a"=>"1", "b"=>NULL)")->at(1) == HstorePair{"b", std::nullopt});
  for (const char* text :
       {"a", "\"a\"", "\"a\"=>", "\"a\"=>1", "\"a\"=>\"1\",", "\"a\"=>\"1\" \"b\"=>\"2\"", "\"a\"=>\"1\", ", "\"a\"=>\"\\"}) {
    INFO(text);
    CHECK_FALSE(parse_hstore(text));
  }
}

TEST_CASE("arrays and hstore as JSON", "[array]") {
  auto json = [](const char* text, const char* type) { return array_json(*parse_array(text, array_delimiter(type)), element_form(type)); };
  CHECK(json("{}", "integer[]") == "[]");
  CHECK(json("{{1,NULL},{-3,4}}", "integer[]") == "[[1,null],[-3,4]]");
  CHECK(json("{1.50,NaN,-Infinity,1e+20}", "numeric(10,2)[]") == R"([1.50,"NaN","-Infinity",1e+20])");
  CHECK(json("{t,f,NULL}", "boolean[]") == "[true,false,null]");
  CHECK(json(R"({"{\"a\": 1}",NULL})", "jsonb[]") == R"([{"a": 1},null])");
  CHECK(json("{1,\"a\\\"b\\\\\nc\x01\"}", "text[]") == R"(["1","a\"b\\\nc\u0001"])");
  CHECK(json("{(1,1),(0,0);(2,2),(1,1)}", "box[]") == R"x(["(1,1),(0,0)","(2,2),(1,1)"])x");
  CHECK(json("{01}", "integer[]") == R"(["01"])");
  CHECK(hstore_json(*parse_hstore(R"("a"=>"1", "q\""=>NULL)")) == R"({"a": "1", "q\"": null})");
}
