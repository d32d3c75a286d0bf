// What the tests of the MySQL and MariaDB sink share: a server of each kind, a sink with one table prepared.
#pragma once

#include "engine/mysql/mysql_sink.h"
#include "integration/shared_servers.h"
#include "integration/sink_fixture.h"

namespace tidemark::test {

inline SinkConfig sink_config(MysqlFamilyServer& server) {
  SinkConfig config;
  config.name = "target";
  config.engine = server.engine();
  config.address.host = server.host();
  config.address.port = server.port();
  config.address.user = server.sink_login().user;
  config.address.password = Secret(server.sink_login().password);
  return config;
}

struct MysqlTarget : PreparedSink {
  MysqlTarget(MysqlFamilyServer& server, const std::string& pipeline_name, SchemaRef s)
      : PreparedSink(make_mysql_sink(sink_config(server)), pipeline_name, std::move(s)) {}
  /// After a failed write.
  void reopen() {
    sink->open();
    sink->load_state(pipeline);
  }
};

/// Runs a test against both servers, each in a section of its own.
template <typename Test>
void on_both(Test test) {
  SECTION("MariaDB") { test(mariadb()); }
  SECTION("MySQL") { test(mysql()); }
}

}  // namespace tidemark::test
