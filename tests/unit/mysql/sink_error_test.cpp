#include "engine/mysql/sink_error.h"

#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::mysql;

TEST_CASE("messages of the sink's server keep names and lose values") {
  CHECK(message_without_values(1062, "23000", "Duplicate entry '4711-secret for key' for key 't.PRIMARY'") ==
        "duplicate entry for key 't.PRIMARY'");
  CHECK(message_without_values(1366, "22007", "Incorrect integer value: 'secret' for column `d`.`t`.`c` at row 1") ==
        "Incorrect integer value for column `d`.`t`.`c` at row 1");
  CHECK(message_without_values(1292, "22007", "Truncated incorrect DOUBLE value: 'secret'") == "Truncated incorrect DOUBLE value");
  CHECK(message_without_values(1264, "22003", "Out of range value for column 'c' at row 1") ==
        "Out of range value for column 'c' at row 1");
  CHECK(message_without_values(1064, "42000", "You have an error in your SQL syntax near 'secret'").find("secret") == std::string::npos);
  CHECK(message_without_values(1690, "22003", "BIGINT value is out of range in '(secret)'").find("secret") == std::string::npos);
  CHECK(message_without_values(1644, "45000", "secret").find("secret") == std::string::npos);
}

TEST_CASE("failures of the sink's server have the kind that says what to do") {
  auto kind = [](unsigned number, const char* state) { return sink_error("writing", number, state, "text").kind(); };
  CHECK(kind(1062, "23000") == ErrorKind::sink_conflict);
  CHECK(kind(1452, "23000") == ErrorKind::sink_conflict);
  CHECK(kind(1264, "22003") == ErrorKind::data);
  CHECK(kind(1048, "23000") == ErrorKind::data);
  CHECK(kind(1205, "HY000") == ErrorKind::sink_unavailable);
  CHECK(kind(1213, "40001") == ErrorKind::sink_unavailable);
  CHECK(kind(2013, "HY000") == ErrorKind::sink_unavailable);
  CHECK(kind(1045, "28000") == ErrorKind::credentials);
  CHECK(kind(1142, "42000") == ErrorKind::credentials);
  CHECK(kind(1290, "HY000") == ErrorKind::server_settings);
  CHECK(kind(1836, "HY000") == ErrorKind::server_settings);
  CHECK(kind(1064, "42000") == ErrorKind::internal);
  CHECK(is_deadlock(sink_error("writing", 1213, "40001", "text")));
  CHECK_FALSE(is_deadlock(sink_error("writing", 1205, "HY000", "text")));
}
