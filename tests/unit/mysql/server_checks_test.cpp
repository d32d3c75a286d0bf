// The parts of connecting and checking that need no server.
#include "engine/mysql/checks.h"
#include "engine/mysql/connection.h"
#include "engine/mysql/positions.h"
#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::mysql;

TEST_CASE("versions") {
  CHECK(judge_version(false, 50639) == VersionVerdict::too_old);
  CHECK(judge_version(false, 50700) == VersionVerdict::fits);
  CHECK(judge_version(false, 90704) == VersionVerdict::fits);
  CHECK(judge_version(false, 90800) == VersionVerdict::newer);
  CHECK(judge_version(true, 100432) == VersionVerdict::too_old);
  CHECK(judge_version(true, 101119) == VersionVerdict::fits);
  CHECK(judge_version(true, 110802) == VersionVerdict::fits);
  CHECK(judge_version(true, 120000) == VersionVerdict::newer);
}

TEST_CASE("a privilege is a whole word of a global grant") {
  const std::vector<std::string> admin{"GRANT REPLICATION SLAVE ADMIN, SELECT ON *.* TO `u`@`%`"};
  CHECK_FALSE(grants_contain(admin, "REPLICATION SLAVE"));
  CHECK(grants_contain(admin, "SELECT"));
  CHECK(grants_contain({"GRANT SELECT, REPLICATION SLAVE ON *.* TO `u`@`%`"}, "REPLICATION SLAVE"));
  CHECK(grants_contain({"GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION"}, "REPLICATION SLAVE"));
  CHECK_FALSE(grants_contain({"GRANT ALL PRIVILEGES ON `d`.* TO `u`@`%`"}, "REPLICATION SLAVE"));
  CHECK_FALSE(grants_contain({}, "SELECT"));
}

TEST_CASE("grants that prove a privilege for a whole database") {
  const auto covers = [](const std::vector<std::string>& grants, const std::string& database) {
    return grants_cover(grants, "SELECT", database);
  };
  const std::string usage = "GRANT USAGE ON *.* TO `u`@`%`";
  CHECK(covers({"GRANT SELECT ON *.* TO `u`@`%`"}, "shop"));
  CHECK(covers({usage, "GRANT SELECT, LOCK TABLES ON `shop`.* TO `u`@`%`"}, "shop"));
  CHECK(covers({usage, "GRANT ALL PRIVILEGES ON `a\\_b`.* TO `u`@`%`"}, "a_b"));
  CHECK(covers({usage, "GRANT SELECT ON `d`.* TO `u`@`%`", "GRANT `r` TO `u`@`%`", "SET DEFAULT ROLE `r` FOR `u`@`%`"}, "d"));
  CHECK(covers({usage, "GRANT SELECT ON `a``b`.* TO `u`@`%`"}, "a`b"));
  CHECK_FALSE(covers({usage, "GRANT SELECT ON `shop`.* TO `u`@`%`"}, "shop2"));
  CHECK_FALSE(covers({usage, "GRANT SELECT ON `a_b`.* TO `u`@`%`"}, "a_b"));  // it does, unless `a\\_%` is there with less
  CHECK_FALSE(covers({usage, "GRANT INSERT ON `shop`.* TO `u`@`%`"}, "shop"));
  CHECK_FALSE(covers({usage, "GRANT SELECT ON `shop`.`t` TO `u`@`%`"}, "shop"));
  CHECK_FALSE(covers({usage, "GRANT SELECT (`a`) ON `shop`.`t` TO `u`@`%`"}, "shop"));
  CHECK_FALSE(covers({usage, "GRANT INSERT (`a, SELECT, ON *.* TO `) ON `shop`.`t` TO `u`@`%`"}, "shop"));
  CHECK_FALSE(covers({"GRANT SELECT ON *.* TO `u`@`%`", "REVOKE SELECT ON `shop`.* FROM `u`@`%`"}, "shop"));
  CHECK_FALSE(covers({}, "shop"));
}

TEST_CASE("error numbers become kinds that the session loop can act on") {
  CHECK(kind_of_error_number(1045) == ErrorKind::credentials);
  CHECK(kind_of_error_number(1227) == ErrorKind::credentials);
  CHECK(kind_of_error_number(2002) == ErrorKind::source_unavailable);
  CHECK(kind_of_error_number(2013) == ErrorKind::source_unavailable);
  CHECK(kind_of_error_number(1205) == ErrorKind::source_unavailable);
  CHECK(kind_of_error_number(2026) == ErrorKind::server_settings);
  CHECK(kind_of_error_number(1412) == ErrorKind::stale_view);
  CHECK(kind_of_error_number(1064) == ErrorKind::internal);
}

TEST_CASE("only this machine is local") {
  ServerAddress address;
  CHECK(is_local_peer(address));
  address.host = "10.0.0.1";
  CHECK_FALSE(is_local_peer(address));
  address.host = "127.evil.example";
  CHECK_FALSE(is_local_peer(address));
  address.host = "127.1.2.3";
  CHECK(is_local_peer(address));
  address.host = "db.example";
  address.socket = "/run/mysqld/mysqld.sock";
  CHECK(is_local_peer(address));
}

TEST_CASE("log file names") {
  CHECK(split_file_name("mysql-bin.000012") == std::pair<std::string, uint64_t>("mysql-bin", 12));
  CHECK(split_file_name("a.b.1000000") == std::pair<std::string, uint64_t>("a.b", 1000000));
  CHECK(log_offset("x.000002", "4711") == LogOffset{2, 4711});
  for (const char* bad : {"", "x", "x.", "x.12a", ".", "x.-1"}) CHECK_THROWS_AS(split_file_name(bad), Error);
  const std::vector<BinlogFile> files{{"b.000009", 1}, {"b.000010", 1}};
  CHECK(binlog_file_name(files, "b", 10) == "b.000010");
  CHECK(binlog_file_name(files, "b", 8) == "b.000008");
  CHECK(binlog_file_name({}, "b", 1234567) == "b.1234567");
}

TEST_CASE("users as GRANT wants them") {
  CHECK(quote_user("cdc@%") == "'cdc'@'%'");
  CHECK(quote_user("o'brien@x@10.0.0.1") == "'o''brien@x'@'10.0.0.1'");
}

TEST_CASE("a server that is not there is unavailable, and the password stays out of the message") {
  SourceConfig config;
  config.address.socket = "/nonexistent/tidemark.sock";
  config.address.user = "cdc";
  config.address.password = Secret("hunter2");
  try {
    const Connection connection(config, Purpose::control);
    FAIL("connected to nothing");
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::source_unavailable);
    CHECK(std::string(e.what()).find("hunter2") == std::string::npos);
    CHECK(e.hint().find("/nonexistent/tidemark.sock") != std::string::npos);
  }
}
