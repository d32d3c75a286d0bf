#include "engine/mysql/temporal.h"

#include <string>

#include "row_text.h"
#include "support/catch.h"

namespace tidemark::mysql {

namespace {

using Reads = bool (*)(const char*, uint8_t, Value&);

std::string read(Reads reads, const std::string& hex, uint8_t fsp) {
  std::string bytes = from_hex(hex);
  Value value;
  if (!reads(bytes.data(), fsp, value)) return "!";
  CHECK(value.fsp() == fsp);
  return value_text(value);
}

}  // namespace

TEST_CASE("TIME with fractions and signs") {
  CHECK(read(time2_value, "800000", 0) == "00:00:00");
  CHECK(read(time2_value, "80C8B8", 0) == "12:34:56");
  CHECK(read(time2_value, "7FFFFFF6", 1) == "-00:00:00.1");
  CHECK(read(time2_value, "7FFFFFFFFF", 4) == "-00:00:00.0001");
  CHECK(read(time2_value, "7FFFFFFFFFFF", 6) == "-00:00:00.000001");
  CHECK(read(time2_value, "7FFFFF00", 2) == "-00:00:01.00");
  CHECK(read(time2_value, "4B9105000000", 6) == "-838:59:59.000000");
  CHECK(read(time2_value, "B46EFB000000", 6) == "838:59:59.000000");
  CHECK(read(time2_value, "80003C", 0) == "!");    // 60 seconds
  CHECK(read(time2_value, "80000064", 2) == "!");  // 100 hundredths
}

TEST_CASE("DATETIME, zero and partial ones too") {
  CHECK(read(datetime2_value, "8000000000", 0) == "0000-00-00 00:00:00");
  CHECK(read(datetime2_value, "99AF0430C5", 0) == "2023-01-02 03:03:05");
  CHECK(read(datetime2_value, "99AF04314501E240", 6) == "2023-01-02 03:05:05.123456");
  CHECK(read(datetime2_value, "FEF3FF7EFB0F423F", 6) == "9999-12-31 23:59:59.999999");
  CHECK(read(datetime2_value, "7FFFFFFFFF", 0) == "!");
  CHECK(read(datetime2_value, "99AF0580000000", 0) == "!");    // hour 24
  CHECK(read(datetime2_value, "99AF04314F0F4240", 6) == "!");  // a million microseconds
}

TEST_CASE("TIMESTAMP is UTC; zero is no time at all") {
  CHECK(read(timestamp2_value, "00000000", 0) == "0000-00-00 00:00:00");
  CHECK(read(timestamp2_value, "00000001", 0) == "1970-01-01 00:00:01");
  CHECK(read(timestamp2_value, "7FFFFFFF0F423F", 6) == "2038-01-19 03:14:07.999999");
  CHECK(read(timestamp2_value, "FFFFFFFF", 0) == "2106-02-07 06:28:15");  // MariaDB 11.5 on
  CHECK(read(timestamp2_value, "6592008032", 1) == "2024-01-01 00:00:00.5");
}

TEST_CASE("DATE and the forms of before 5.6") {
  CHECK(value_text(date_value(0)) == "0000-00-00");
  CHECK(value_text(date_value(2023u << 9 | 5 << 5)) == "2023-05-00");
  CHECK(value_text(old_datetime_value(20230102030405u)) == "2023-01-02 03:04:05");
  CHECK(value_text(old_time_value(8385959)) == "838:59:59");
  CHECK(value_text(old_time_value((1u << 24) - 8385959u)) == "-838:59:59");
  CHECK(value_text(timestamp_value(1700000000, 0, 0)) == "2023-11-14 22:13:20");
}

}  // namespace tidemark::mysql
