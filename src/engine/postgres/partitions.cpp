#include "engine/postgres/partitions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "tidemark/error.h"

namespace tidemark::postgres {
namespace {

constexpr std::string_view kBegin = "partitions 1\n";

// A table that is made as a partition has been one since the transaction, and the command, that its columns are of. ATTACH PARTITION
// writes all of them again, and the row of pg_inherits, but not the system columns.
constexpr const char* kQuery = R"(
WITH RECURSIVE tree AS (
  SELECT c.oid AS root, c.oid AS relation, '0'::xid AS attached FROM pg_class c WHERE c.relkind = 'p' AND c.oid = ANY('{{{}}}'::oid[])
  UNION ALL
  SELECT tree.root, i.inhrelid, i.xmin FROM tree JOIN pg_inherits i ON i.inhparent = tree.relation WHERE NOT i.inhdetachpending)
SELECT tree.root, c.oid, tree.attached, CASE WHEN c.relkind = 'p' THEN 0 ELSE c.relfilenode END, c.reltoastrelid, c.reltablespace,
       c.reltuples >= 0,
       s.xmin <> tree.attached OR NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                                                 AND (a.xmin <> tree.attached OR a.cmin::text = s.cmin::text)),
       n.nspname || '.' || c.relname
  FROM tree JOIN pg_class c ON c.oid = tree.relation JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute s ON s.attrelid = c.oid AND s.attnum = -1)";

uint32_t number_in(std::string_view& text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (error != std::errc() || text.empty() || text.front() != ' ') return text = {}, 0;
  text.remove_prefix(1);
  return number;
}

}  // namespace

std::string partitions_query(const std::vector<uint32_t>& tables) { return fmt::format(fmt::runtime(kQuery), fmt::join(tables, ",")); }

std::map<uint32_t, Partitions> partitions_in(const PGresult* rows) {
  std::map<uint32_t, Partitions> tables;
  for (int row = 0; row < PQntuples(rows); ++row) {
    const auto number = [&](int column) { return static_cast<uint32_t>(number_of(field_of(rows, row, column))); };
    Partitions& partitions = tables[number(0)];
    if (number(1) == number(0)) continue;  // the table itself
    Partition& partition = partitions[number(1)];
    partition.attached = number(2);
    partition.file = number(3);
    partition.toast = number(4);
    partition.tablespace = number(5);
    partition.counted = field_of(rows, row, 6) == "t";
    partition.brought = field_of(rows, row, 7) == "t";
    partition.name = printable(field_of(rows, row, 8));
  }
  return tables;
}

std::string partitions_text(const Partitions& partitions) {
  std::string text(kBegin);
  for (const auto& [relation, p] : partitions) {
    text += fmt::format("{} {} {} {} {} {}\n", relation, p.attached, p.file, p.toast, p.tablespace, p.name);
  }
  return text;
}

Partitions partitions_from(std::string_view text) {
  Partitions partitions;
  if (text.substr(0, kBegin.size()) != kBegin) return partitions;
  for (text.remove_prefix(kBegin.size()); !text.empty();) {
    const size_t size = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    std::array<uint32_t, 5> numbers{};
    for (uint32_t& number : numbers) number = number_in(line);
    if (line.empty()) return {};
    partitions[numbers[0]] = {numbers[1], numbers[2], numbers[3], numbers[4], true, false, std::string(line)};
  }
  return partitions;
}

PartitionChange compare(const Partitions& before, const Partitions& now) {
  PartitionChange change;
  size_t kept = 0, renewed = 0;
  for (const auto& [relation, old] : before) {
    const auto found = now.find(relation);
    if (found == now.end()) {
      change.lost = fmt::format("its partition {} was detached or dropped: the log does not say that its rows are gone", old.name);
      return change;
    }
    const Partition& p = found->second;
    if (p.attached != old.attached) {
      change.lost = fmt::format("its partition {} was detached and attached again: what changed meanwhile is not in the log", p.name);
      return change;
    }
    if (p.file == 0) continue;
    ++kept;
    if (p.file == old.file) continue;
    ++renewed;
    if (p.tablespace != old.tablespace || p.toast != old.toast) continue;  // moved, or rewritten by ALTER TABLE
    (p.counted ? change.unclear : change.emptied).push_back(p.name);
  }
  change.all_new = kept != 0 && renewed == kept;
  for (const auto& [relation, p] : now) {
    if (!p.brought || before.count(relation) != 0) continue;
    change.lost = fmt::format("{} was attached to it as a partition: the log does not have the rows that it brought", p.name);
    return change;
  }
  return change;
}

}  // namespace tidemark::postgres
