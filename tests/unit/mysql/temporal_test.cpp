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

// As MariaDB 10.11 writes them with mysql56_temporal_format=OFF.
TEST_CASE("MariaDB's own forms with fractions") {
  CHECK(read(mariadb_time_value, "01D3C9C7", 1) == "12:34:56.7");
  CHECK(read(mariadb_time_value, "0000000001", 3) == "-838:59:59.999");
  CHECK(read(mariadb_time_value, "02BF3DDE7C01", 6) == "00:00:00.000001");
  CHECK(read(mariadb_datetime_value, "069D03BD86B7", 2) == "2023-01-02 03:04:05.67");
  CHECK(read(mariadb_datetime_value, "00000000000000", 4) == "0000-00-00 00:00:00.0000");
  CHECK(read(mariadb_datetime_value, "04FCEE3943BFFFFF", 6) == "9999-12-31 23:59:59.999999");
  CHECK(read(mariadb_timestamp_value, "63B249A543", 2) == "2023-01-02 03:04:05.67");
  CHECK(read(mariadb_timestamp_value, "63B249A50A5BF5", 6) == "2023-01-02 03:04:05.678901");
  CHECK(read(mariadb_timestamp_value, "0000000000", 1) == "0000-00-00 00:00:00.0");
  CHECK(read(mariadb_time_value, "00000000", 1) == "!");  // -839 hours
  CHECK(read(mariadb_time_value, "FFFFFFFF", 2) == "!");
  CHECK(read(mariadb_datetime_value, "FFFFFFFFFFFFFFFF", 6) == "!");
  CHECK(read(mariadb_timestamp_value, "63B249A564", 2) == "!");  // 100 hundredths
}

TEST_CASE("DATE and the forms of before 5.6") {
  CHECK(value_text(date_value(0)) == "0000-00-00");
  CHECK(value_text(date_value(2023u << 9 | 5 << 5)) == "2023-05-00");
  const auto old_datetime = [](uint64_t digits) {
    Value value;
    return old_datetime_value(digits, value) ? value_text(value) : "!";
  };
  const auto old_time = [](uint32_t digits) {
    Value value;
    return old_time_value(digits, value) ? value_text(value) : "!";
  };
  CHECK(old_datetime(20230102030405u) == "2023-01-02 03:04:05");
  CHECK(old_datetime(0) == "0000-00-00 00:00:00");
  for (uint64_t digits : {20231302030405u, 20230132030405u, 20230102240405u, 20230102036005u, 20230102030460u, 120230102030405u})
    CHECK(old_datetime(digits) == "!");
  CHECK(old_time(8385959) == "838:59:59");
  CHECK(old_time((1u << 24) - 8385959u) == "-838:59:59");
  for (uint32_t digits : {8390000u, 6000u, 60u}) CHECK(old_time(digits) == "!");
  CHECK(value_text(timestamp_value(1700000000, 0, 0)) == "2023-11-14 22:13:20");
}

}  // namespace tidemark::mysql
