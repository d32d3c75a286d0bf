#include "engine/postgres/replica_identity.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/postgres/dialect.h"
#include "tidemark/error.h"

namespace tidemark::postgres {
namespace {

std::string quoted(const TableName& name) { return printable(quote_name(name.database, name.table)); }

[[noreturn]] void refuse(const TableName& name, const std::string& cause, const std::string& cure) {
  throw Error(ErrorKind::server_settings, fmt::format("table {}", printable(name.text())), cause, cure);
}

std::string full_cure(const TableName& name) { return fmt::format("ALTER TABLE {} REPLICA IDENTITY FULL;", quoted(name)); }

/// The columns of the old row, or none: all of it.
std::vector<std::string> identity_columns(const TableName& name, const IdentityFacts& identity) {
  switch (identity.setting) {
    case 'f': return {};
    case 'i':
      if (!identity.index.empty()) return identity.index;
      refuse(name, "its replica identity is an index that is gone or not valid, so updates and deletes do not say which row they mean",
             identity.primary.empty() ? full_cure(name) : fmt::format("ALTER TABLE {} REPLICA IDENTITY DEFAULT;", quoted(name)));
    case 'n':
      refuse(name, "its replica identity is NOTHING, so updates and deletes do not say which row they mean",
             identity.primary.empty() ? full_cure(name) : fmt::format("ALTER TABLE {} REPLICA IDENTITY DEFAULT;", quoted(name)));
    default: break;
  }
  if (!identity.primary.empty()) return identity.primary;
  refuse(name, "it has no primary key, so with its replica identity published updates and deletes would fail",
         full_cure(name) + " or give it a primary key");
}

void choose_configured(TableSchema& table, const std::vector<std::string>& identity, const std::vector<std::string>& names) {
  const std::string what = fmt::format("the configured key of {}", printable(table.name.text()));
  for (const std::string& name : names) {
    const int i = table.find_column(name);
    if (i < 0) throw Error(ErrorKind::config, what, fmt::format("the table has no column {}", printable(name)), "correct the key");
    const std::string column = printable(quote_name(name));
    if (table.columns[static_cast<size_t>(i)].nullable) {
      throw Error(ErrorKind::config, what, fmt::format("column {} may be NULL", printable(name)),
                  fmt::format("ALTER TABLE {} ALTER COLUMN {} SET NOT NULL; or choose other columns", quoted(table.name), column));
    }
    if (!identity.empty() && std::find(identity.begin(), identity.end(), name) == identity.end()) {
      throw Error(ErrorKind::config, what, fmt::format("the log has no old value of column {}", printable(name)),
                  full_cure(table.name) + " or choose columns of the replica identity");
    }
    table.key.push_back(static_cast<uint16_t>(i));
  }
  table.key_origin = KeyOrigin::configured;
}

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

void choose_key(TableSchema& table, const IdentityFacts& identity, const std::vector<std::string>* configured) {
  std::vector<std::string> key = identity_columns(table.name, identity);
  if (configured) return choose_configured(table, key, *configured);
  const bool whole_rows = key.empty();
  if (whole_rows) key = identity.primary;
  for (const std::string& name : key) {
    const int i = table.find_column(name);
    if (i < 0 && whole_rows) {
      table.key.clear();
      return;
    }
    if (i < 0) {
      refuse(table.name, fmt::format("column {} of its replica identity is generated, and the log does not carry it", printable(name)),
             full_cure(table.name));
    }
    table.key.push_back(static_cast<uint16_t>(i));
  }
  if (!table.key.empty()) table.key_origin = identity.setting == 'i' ? KeyOrigin::unique : KeyOrigin::primary;
}

void check_leaf(const TableSchema& table, const LeafFacts& leaf) {
  const std::string of = fmt::format("partition {} of {}", printable(leaf.name.text()), printable(table.name.text()));
  if (leaf.kind == 'f') {
    throw Error(ErrorKind::unsupported, of, "it is a foreign table, whose changes are not in this server's log", "detach the partition");
  }
  if (leaf.persistence != 'p') {
    throw Error(ErrorKind::unsupported, of, "it is unlogged: its changes are not in the log",
                fmt::format("ALTER TABLE {} SET LOGGED;", quoted(leaf.name)));
  }
  const std::vector<std::string> carried = identity_columns(leaf.name, leaf.identity);
  if (carried.empty()) return;
  std::vector<std::string> key;
  for (const uint16_t i : table.key) key.push_back(table.columns[i].name);
  const bool carries_key = !key.empty() && std::all_of(key.begin(), key.end(), [&](const std::string& name) {
    return std::find(carried.begin(), carried.end(), name) != carried.end();
  });
  if (carries_key && (table.key_origin == KeyOrigin::configured || sorted(carried) == sorted(key))) return;
  refuse(leaf.name,
         fmt::format("as a partition of {} it has a replica identity that differs from the whole table's", printable(table.name.text())),
         full_cure(leaf.name));
}

}  // namespace tidemark::postgres
