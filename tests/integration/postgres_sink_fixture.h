// What the tests of the PostgreSQL sink share: one private server, a sink with one table prepared.
#pragma once

#include "engine/postgres/postgres_sink.h"
#include "integration/shared_servers.h"
#include "integration/sink_fixture.h"

namespace tidemark::test {

inline SinkConfig sink_config() {
  SinkConfig config;
  config.name = "target";
  config.engine = "postgres";
  config.address.host = postgres().host();
  config.address.port = postgres().port();
  config.address.user = postgres().user();
  config.address.password = Secret(postgres().password());
  config.address.database = postgres().database();
  return config;
}

struct Target : PreparedSink {
  Target(const std::string& pipeline_name, SchemaRef s, const SinkConfig& config = sink_config())
      : PreparedSink(make_postgres_sink(config), pipeline_name, std::move(s)) {}
};

}  // namespace tidemark::test
