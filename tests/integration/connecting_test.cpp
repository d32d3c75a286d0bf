// A connection to the source that ends at any byte of its beginning is one to try again, whatever the client library calls it.
#include <fmt/core.h>

#include <optional>

#include "engine/mysql/connection.h"
#include "integration/shared_servers.h"
#include "servers/fault_proxy.h"
#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;
using namespace tidemark::test;

namespace {

/// What becomes of a connection that is closed after so many bytes of the server's; nothing when it lasts.
std::optional<Error> cut_after(uint64_t bytes, FaultProxy& proxy, const MysqlFamilyServer& server) {
  SourceConfig config;
  config.name = "origin";
  config.engine = server.engine();
  config.address.port = proxy.port();
  config.address.user = server.user();
  config.address.password = Secret(server.password());
  proxy.arm(Trigger::byte_of_new(Direction::down, bytes), Fault{});
  try {
    mysql::Connection connection(config, mysql::Purpose::control);
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

void cut_everywhere(MysqlFamilyServer& server) {
  FaultProxy proxy(server.port());
  uint64_t cuts = 0;
  for (uint64_t bytes = 0;; bytes += bytes < 120 ? 1 : 7) {
    server.exec("FLUSH PRIVILEGES");  // so that MySQL asks for the password in full, with all messages that takes
    const std::optional<Error> error = cut_after(bytes, proxy, server);
    if (!error) break;
    ++cuts;
    INFO("after " << bytes << " bytes: " << error->what());
    CHECK(error->kind() == ErrorKind::source_unavailable);
  }
  CHECK(cuts > 100);
}

}  // namespace

TEST_CASE("a connection to MariaDB that breaks while it is made is tried again") { cut_everywhere(tidemark::test::mariadb()); }
TEST_CASE("a connection to MySQL that breaks while it is made is tried again") { cut_everywhere(tidemark::test::mysql()); }
