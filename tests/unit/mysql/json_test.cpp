// Binary JSON: documents as MySQL 9.7 stored them against what SELECT printed, and partial updates.
#include "base/byte_cursor.h"
#include "engine/mysql/json_binary.h"
#include "engine/mysql/json_diff.h"
#include "engine/mysql/json_text.h"
#include "row_text.h"
#include "support/catch.h"

namespace tidemark::mysql {

namespace {

const struct {
  const char* hex;
  const char* text;
} kDocuments[] = {
    {"0002005200120001001300020002150005010061626209003d0004010004020004000005fbff071f000a23000a2b000b33000c3b007011010000f2052a01000000"
     "ffffffffffffffff000000000000f83f0178",
     "{\"a\": [true, false, null, -5, 70000, 5000000000, 18446744073709551615, 1.5, \"x\"], \"bb\": 1}"},
    {"0206007e000f16000f1f000f29000f33000f3d000f4000f6070b0280000001320a08000000000004af190c0870580a053104af190b08f8f5f34737ffffff0f010a0f3"
     "c"
     "010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101",
     "[1.50, \"2023-01-02\", \"2023-01-02 03:04:05.678000\", \"-12:34:56.789000\", \"base64:type15:Cg==\", "
     "\"base64:type15:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\\nAQEB\"]"},
    {"0c06001f0a22c3a9", "\"\\u0000\\u001f\\n\\\"é\""},
    {"0208005c000b1c000b24000b2c000b34000b3c000b44000b4c000b5400408cb5781daf154400003426f56b0c430000901ec4bcd642000000000000008000000000000"
     "0"
     "f03f1656e79eaf03d23c4d67e2f1059ea53cc3efe88f244f1443",
     "[1e20, 1e15, 100000000000000.0, -0.0, 1.0, 0.000000000000001, 1.5e-16, 1429129496509424.8]"},
    // a DECIMAL(65,0): the digits are counted in whole groups, 72
    {"0201002b000f0700f6224800800000633b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff3b9ac9ff",
     "[99999999999999999999999999999999999999999999999999999999999999999]"},
    {"", "null"},
};

std::string print_double(double value) {
  std::string out;
  append_json_double(value, out);
  return out;
}

/// `depth` arrays within each other, as the server would store them.
std::string nested(int depth) {
  std::string value(1, '\x02');
  value += std::string("\0\0\4\0", 4);
  for (int i = 1; i < depth; ++i) {
    size_t size = 4 + 3 + value.size() - 1;
    std::string outer("\x02\x01\0", 3);
    outer += static_cast<char>(size & 0xFF);
    outer += static_cast<char>(size >> 8);
    outer += value[0];
    outer += std::string("\x07\0", 2);
    outer += value.substr(1);
    value = outer;
  }
  return value;
}

std::string diff(char operation, const std::string& path, const std::string& value = {}) {
  const auto with_length = [](const std::string& bytes) {
    return std::string("\xFC") + static_cast<char>(bytes.size() & 0xFF) + static_cast<char>(bytes.size() >> 8) + bytes;
  };
  std::string out(1, operation);
  out += with_length(path);
  if (operation != 2) out += with_length(value);
  return out;
}

std::string applied(const std::string& before, const std::string& diffs) {
  std::string out, why;
  return apply_json_diffs(before, diffs, out, why) ? out : "! " + why;
}

const std::string kTwo = from_hex("0c0374776f"), kSeven = from_hex("050700");

}  // namespace

TEST_CASE("documents print as SELECT printed them") {
  for (const auto& document : kDocuments) {
    std::string out = "kept ";
    REQUIRE(print_json(from_hex(document.hex), out));
    CHECK(out == std::string("kept ") + document.text);
  }
}

TEST_CASE("doubles print as on the server") {
  CHECK(print_double(0.1) == "0.1");
  CHECK(print_double(-123456789.125) == "-123456789.125");
  CHECK(print_double(1.7976931348623157e308) == "1.7976931348623157e308");
  CHECK(print_double(5e-324) == "5e-324");
  CHECK(print_double(1234567890123456.5) == "1234567890123456.5");
  CHECK(print_double(4503599627370498) == "4.503599627370498e15");
  CHECK(print_double(9007199254740992) == "9.007199254740992e15");
  CHECK(print_double(999999999999999) == "999999999999999.0");
  CHECK(print_double(1.2345678901234567e-15) == "0.0000000000000012345678901234568");
  CHECK(print_double(1.2345678901234567e-16) == "1.2345678901234568e-16");
}

TEST_CASE("a document that is cut anywhere is refused, never read past its end") {
  for (const auto& document : kDocuments) {
    std::string binary = from_hex(document.hex);
    for (size_t n = 1; n < binary.size(); ++n) {
      std::string copy = binary.substr(0, n), out;
      CHECK_FALSE(print_json(copy, out));
    }
  }
}

TEST_CASE("depth is limited as on the server") {
  std::string out;
  CHECK(print_json(nested(100), out));
  CHECK(out == std::string(100, '[') + std::string(100, ']'));
  CHECK_FALSE(print_json(nested(101), out));
}

TEST_CASE("elements that share their bytes do not print without end") {
  // Each of 40 levels has two elements that are the same next level: 2^40 values in a few hundred bytes.
  std::string bomb(1, '\x02');
  bomb += std::string("\0\0\4\0", 4);
  for (int i = 0; i < 40; ++i) {
    size_t size = 4 + 6 + bomb.size() - 1;
    std::string outer("\x02\x02\0", 3);
    outer += static_cast<char>(size & 0xFF);
    outer += static_cast<char>(size >> 8);
    for (int k = 0; k < 2; ++k) outer += std::string("\x02\x0A\0", 3);
    outer += bomb.substr(1);
    bomb = outer;
  }
  std::string out;
  CHECK_FALSE(print_json(bomb, out));
  CHECK(out.size() < 10000);
}

TEST_CASE("partial updates") {
  const std::string document = "{\"a\": [1, 2, {\"b\": 1.50}], \"k k\": \"x\\\"y\", \"long\": null}";
  CHECK(applied(document, diff(0, "$.a[1]", kTwo)) == "{\"a\": [1, \"two\", {\"b\": 1.50}], \"k k\": \"x\\\"y\", \"long\": null}");
  CHECK(applied(document, diff(0, "$.a[2].b", kSeven)) == "{\"a\": [1, 2, {\"b\": 7}], \"k k\": \"x\\\"y\", \"long\": null}");
  CHECK(applied(document, diff(0, "$.\"k k\"", kSeven)) == "{\"a\": [1, 2, {\"b\": 1.50}], \"k k\": 7, \"long\": null}");
  // members are kept in the server's order: shorter keys first
  CHECK(applied(document, diff(1, "$.zz", kSeven)) == "{\"a\": [1, 2, {\"b\": 1.50}], \"zz\": 7, \"k k\": \"x\\\"y\", \"long\": null}");
  CHECK(applied(document, diff(1, "$.a[0]", kSeven)) == "{\"a\": [7, 1, 2, {\"b\": 1.50}], \"k k\": \"x\\\"y\", \"long\": null}");
  CHECK(applied(document, diff(1, "$.a[3]", kSeven) + diff(2, "$.a[0]") + diff(2, "$.\"k k\"")) ==
        "{\"a\": [2, {\"b\": 1.50}, 7], \"long\": null}");
  CHECK(applied("[1]", diff(0, "$", kTwo)) == "\"two\"");
  CHECK(applied(document, {}) == document);
}

TEST_CASE("partial updates make no document deeper than a server does") {
  const auto levels = [](int n) { return std::string(static_cast<size_t>(n), '[') + std::string(static_cast<size_t>(n), ']'); };
  const auto path = [](int n) {
    std::string out = "$";
    for (int i = 0; i < n; ++i) out += "[0]";
    return out;
  };
  const std::string too_deep = "! the document after the change is deeper than a server allows";
  CHECK(applied(levels(100), {}) == levels(100));
  CHECK(applied(levels(101), {}) == "! the document before the change is not JSON");
  CHECK(applied(levels(60), diff(1, path(60), nested(40))) == levels(100));
  CHECK(applied(levels(60), diff(1, path(60), nested(41))) == too_deep);
  CHECK(applied(levels(60), diff(0, path(59), nested(41))) == levels(100));
  CHECK(applied(levels(60), diff(0, path(59), nested(42))) == too_deep);
  // a scalar is its own first element: that leads no deeper
  CHECK(applied("[1]", diff(0, path(80), nested(99))) == levels(100));
  CHECK(applied("[1]", diff(0, path(80), nested(100))) == too_deep);
  // one change on the other
  std::string climbing;
  for (int i = 1; i <= 100; ++i) climbing += diff(1, path(i), nested(1));
  CHECK(applied("[]", climbing) == too_deep);
}

TEST_CASE("partial updates that do not fit are refused") {
  const std::string document = "{\"a\": [1, 2]}";
  for (const std::string& diffs : {diff(0, "$.b", kTwo), diff(1, "$.a", kTwo), diff(2, "$.a[2]"), diff(2, "$.b"), diff(2, "$"),
                                   diff(0, "$.a[1].c", kTwo), diff(1, "$.a[0].b", kTwo)}) {
    CHECK(applied(document, diffs) == "! a path leads nowhere in the document before the change");
  }
  for (const std::string& diffs : {diff(3, "$.a", kTwo), diff(0, "a", kTwo), diff(0, "$.*", kTwo), diff(0, "$[last]", kTwo),
                                   diff(0, "$.\"a", kTwo), diff(0, "$.a", kTwo).substr(0, 6)}) {
    CHECK(applied(document, diffs) == "! malformed list of changes");
  }
  CHECK(applied(document, diff(0, "$.a", "\x0C\x05x")) == "! malformed value in the list of changes");
  CHECK(applied("{\"a\": ", diff(0, "$.a", kTwo)) == "! the document before the change is not JSON");
}

}  // namespace tidemark::mysql
