#include "servers/database.h"

#include "servers/mysql_client.h"
#include "servers/postgres_client.h"

namespace tidemark::test {

std::string sql_name(Dialect dialect, const std::string& name) {
  return dialect == Dialect::mysql ? mysql_name(name) : postgres_name(name);
}

std::string sql_quote(Dialect dialect, const std::string& text) {
  return dialect == Dialect::mysql ? mysql_quote(text) : postgres_quote(text);
}

std::string sql_table(Dialect dialect, const std::string& schema, const std::string& table) {
  return dialect == Dialect::sqlite ? sql_name(dialect, table) : sql_name(dialect, schema) + "." + sql_name(dialect, table);
}

}  // namespace tidemark::test
