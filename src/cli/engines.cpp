#include "cli/engines.h"

#include "engine/mysql/mysql_sink.h"
#include "engine/mysql/mysql_source.h"
#include "engine/postgres/postgres_sink.h"
#include "engine/postgres/postgres_source.h"
#include "engine/sqlite/sqlite_sink.h"

namespace tidemark {

const Engines& all_engines() {
  static const Engines engines = {
      {{"mysql", make_mysql_source}, {"mariadb", make_mysql_source}, {"postgres", make_postgres_source}},
      {{"postgres", make_postgres_sink}, {"sqlite", make_sqlite_sink}, {"mysql", make_mysql_sink}, {"mariadb", make_mysql_sink}}};
  return engines;
}

}  // namespace tidemark
