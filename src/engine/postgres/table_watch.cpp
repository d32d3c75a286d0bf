#include "engine/postgres/table_watch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "engine/postgres/dialect.h"
#include "tidemark/position.h"

namespace tidemark::postgres {
namespace {

// Behind the looks: what they saw was committed before it.
constexpr const char* kPlace = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END";
constexpr const char* kAnew =
    "exclude the table and its partitions, start the pipeline once, and include them again: it is then copied anew";

/// Of a text array's literal.
std::string element(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// The first table whose name is not its own any more: what it is called, or nothing, and whether there is one of its name.
std::string names_query(const std::vector<SchemaRef>& tables, const std::vector<uint32_t>& relations) {
  std::vector<std::string> schemas, names;
  for (const SchemaRef& table : tables) {
    schemas.push_back(element(table->name.database));
    names.push_back(element(table->name.table));
  }
  return fmt::format(
      "SELECT t.place - 1, n.nspname, c.relname, EXISTS (SELECT FROM pg_class o JOIN pg_namespace m ON m.oid = o.relnamespace"
      " WHERE o.relname = t.name AND m.nspname = t.name_space)"
      " FROM unnest('{{{}}}'::oid[], {}::name[], {}::name[]) WITH ORDINALITY t(oid, name_space, name, place)"
      " LEFT JOIN pg_class c ON c.oid = t.oid LEFT JOIN pg_namespace n ON n.oid = c.relnamespace"
      " WHERE c.oid IS NULL OR n.nspname <> t.name_space OR c.relname <> t.name ORDER BY t.place LIMIT 1",
      fmt::join(relations, ","), quote_literal(fmt::format("{{{}}}", fmt::join(schemas, ","))),
      quote_literal(fmt::format("{{{}}}", fmt::join(names, ","))));
}

Error changed(const TableSchema& table, std::string cause, std::string hint) {
  return Error(ErrorKind::schema_changed, "table " + printable(table.name.text()), std::move(cause), std::move(hint));
}

Error emptied(const TableSchema& table, const std::string& partitions) {
  return changed(
      table, fmt::format("TRUNCATE emptied {}, and not the whole table: the log does not say that their rows are gone", partitions), kAnew);
}

/// VACUUM FULL and CLUSTER write a new file as TRUNCATE does, and count its rows; when somebody else may have, nothing tells them apart.
void warn_of(const PartitionChange& change, const TableSchema& table) {
  for (const std::string& name : change.unclear) {
    spdlog::warn(
        "table {}: its partition {} was rewritten, or emptied by TRUNCATE; if it was emptied, its rows are still at the sink: "
        "tidemark verify tells",
        printable(table.name.text()), name);
  }
}

}  // namespace

TableWatch::TableWatch(const std::vector<SchemaRef>& tables, const std::vector<uint32_t>& relations, bool partitioned)
    : tables_(tables), relations_(relations), partitioned_(partitioned) {
  question_ = names_query(tables, relations) + ";";
  if (partitioned) question_ += partitions_query(relations) + ";";
  question_ += kPlace;
}

void TableWatch::take(const std::vector<Result>& results, size_t from) {
  const uint64_t place = parse_lsn(field_of(results.at(from + this->results() - 1).get(), 0, 0)).value_or(0);
  place_ = 0;
  take_name(results[from].get());
  if (partitioned_) take_partitions(results[from + 1].get());
  looked_ = true;
  if (found_ || !emptied_.empty()) {
    place_ = place;
  } else {
    known_ = std::move(next_);
    known_at_ = place;
  }
}

void TableWatch::take_name(const PGresult* row) {
  if (PQntuples(row) == 0) return;
  const size_t place = number_of(field_of(row, 0, 0));
  const TableSchema& table = *tables_.at(place);
  if (PQgetisnull(row, 0, 2) == 0) {
    found_ = changed(table, fmt::format("it is called {}.{} now", printable(field_of(row, 0, 1)), printable(field_of(row, 0, 2))),
                     "rename it back, or select it under its new name and start the pipeline anew for it");
  } else if (field_of(row, 0, 3) == "t") {
    found_ = changed(table, "it was dropped, and another table has taken its name",
                     "exclude it, start the pipeline once, and include it again: the table that has the name now is then copied");
  } else {
    found_ = changed(table, "it was dropped", "exclude it and start the pipeline again: its rows at the sink stay as they are");
  }
}

void TableWatch::take_partitions(const PGresult* rows) {
  next_ = partitions_in(rows);
  emptied_.clear();
  if (!looked_) return compare_first(next_);
  for (size_t i = 0; i < tables_.size() && !found_; ++i) {
    const auto before = known_.find(relations_[i]), now = next_.find(relations_[i]);
    if (before == known_.end() || now == next_.end()) continue;
    const PartitionChange change = compare(before->second, now->second);
    if (!change.lost.empty()) found_ = changed(*tables_[i], change.lost, kAnew);
    if (!change.emptied.empty()) emptied_[i] = fmt::format("{}", fmt::join(change.emptied, ", "));
    warn_of(change, *tables_[i]);
  }
}

void TableWatch::compare_first(const std::map<uint32_t, Partitions>& now) {
  for (size_t i = 0; i < tables_.size(); ++i) {
    const auto found = now.find(relations_[i]);
    if (found == now.end() || tables_[i]->partitions.empty()) continue;
    const PartitionChange change = compare(partitions_from(tables_[i]->partitions), found->second);
    if (!change.lost.empty()) throw changed(*tables_[i], change.lost, kAnew);
    if (change.all_new) continue;
    if (!change.emptied.empty()) throw emptied(*tables_[i], fmt::format("{}", fmt::join(change.emptied, ", ")));
    warn_of(change, *tables_[i]);
  }
}

void TableWatch::check(uint64_t passed, const std::vector<uint64_t>& truncated) {
  if (place_ == 0 || passed < place_) return;
  if (found_) throw *found_;
  for (const auto& [table, partitions] : emptied_) {
    if (truncated[table] <= known_at_) throw emptied(*tables_[table], partitions);
  }
  emptied_.clear();
  known_ = std::move(next_);
  known_at_ = std::exchange(place_, 0);
}

}  // namespace tidemark::postgres
