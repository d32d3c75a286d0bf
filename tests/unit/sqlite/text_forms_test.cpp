#include "engine/sqlite/text_forms.h"

#include <string>

#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::sqlite;

namespace {
char out[kTextFormBytes];
}

TEST_CASE("dates keep zero and partial dates") {
  CHECK(date_text({2024, 2, 29, 0}, out) == "2024-02-29");
  CHECK(date_text({0, 0, 0, 0}, out) == "0000-00-00");
  CHECK(date_text({2023, 5, 0, 0}, out) == "2023-05-00");
  CHECK(date_text({10000, 1, 1, 0}, out).empty());
  for (Civil c : {Civil{0, 0, 0, 0}, Civil{2023, 5, 0, 0}, Civil{9999, 12, 31, 0}}) CHECK(parse_date(date_text(c, out)) == c);
}

TEST_CASE("datetimes carry exactly the column's fraction digits") {
  Civil c{2024, 12, 31, 86'399'999'999};
  CHECK(datetime_text(c, 6, false, out) == "2024-12-31 23:59:59.999999");
  CHECK(datetime_text(c, 0, false, out) == "2024-12-31 23:59:59");
  CHECK(datetime_text({1, 2, 3, 250'000}, 2, true, out) == "0001-02-03 00:00:00.25Z");
  CHECK(parse_datetime("2024-12-31 23:59:59.999999", 6, false) == c);
  CHECK(parse_datetime("0000-00-00 00:00:00Z", 0, true) == Civil{});
  for (const char* wrong : {"2024-12-31", "2024-12-31 23:59:59", "2024-12-31 23:59:59.99", "2024-12-31 23:59:60.000000",
                            "2024-12-31 24:00:00.000000", "2024-12-31T23:59:59.000000", "2024-12-31 23:59:59.999999Z", ""})
    CHECK_FALSE(parse_datetime(wrong, 6, false));
}

TEST_CASE("times pass a day and may be negative") {
  constexpr int64_t kEdge = (838 * 3600 + 59 * 60 + 59) * int64_t{1'000'000};
  CHECK(time_text(kEdge, 0, out) == "838:59:59");
  CHECK(time_text(-kEdge, 0, out) == "-838:59:59");
  CHECK(time_text(-1, 6, out) == "-00:00:00.000001");
  CHECK(time_text(0, 3, out) == "00:00:00.000");
  for (int64_t micros : {int64_t{0}, kEdge, -kEdge, int64_t{-10}, int64_t{359'999'999'990}, int64_t{360'000'000'000}})
    CHECK(parse_time(time_text(micros, 6, out), 6) == micros);
  for (const char* wrong : {"-00:00:00", "1:00:00", "012:00:00", "00:60:00", "00:00:60", "00:00:00.1", "", "-"})
    CHECK_FALSE(parse_time(wrong, 0));
}

TEST_CASE("uuids are lower case") {
  std::string bytes("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16);
  CHECK(uuid_text(bytes, out) == "00112233-4455-6677-8899-aabbccddeeff");
  char back[16];
  REQUIRE(parse_uuid("00112233-4455-6677-8899-aabbccddeeff", back));
  CHECK(std::string(back, 16) == bytes);
  CHECK_FALSE(parse_uuid("00112233-4455-6677-8899-AABBCCDDEEFF", back));
  CHECK_FALSE(parse_uuid("00112233445566778899aabbccddeeff----", back));
  CHECK(uuid_text("short", out).empty());
}

TEST_CASE("unsigned numbers have one text each") {
  CHECK(uint64_text(18446744073709551615u, out) == "18446744073709551615");
  CHECK(parse_uint64("18446744073709551615") == 18446744073709551615u);
  CHECK(parse_uint64("0") == 0u);
  for (const char* wrong : {"", "-1", "01", "1 ", "18446744073709551616", "1.0"}) CHECK_FALSE(parse_uint64(wrong));
}
