#include "engine/postgres/row_statements.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/failpoint.h"
#include "engine/postgres/copy_in.h"
#include "engine/postgres/row_sql.h"
#include "tidemark/error.h"

namespace tidemark::postgres {
namespace {

constexpr size_t kSingleRows = 8;         // arrays do not carry arrays: up to here a statement a row, then staging
constexpr size_t kArrayBytes = 4u << 20;  // and its bytes
constexpr size_t kArrayRows = 2000;       // rows of a statement with array parameters; for more, COPY into a temporary table is faster
constexpr size_t kBufferKeptBytes = 1u << 20;
constexpr size_t kSortRows = 64;
constexpr size_t kArrayHeaderBytes = 20;

/// Rows in key order touch the index's pages one after another, and lock rows in one order. Only for integer keys, where it costs nothing.
void sort_by_first_key(const TargetTable& table, std::vector<Row>& rows) {
  const uint16_t column = table.schema->key[0];
  const bool is_unsigned = rows[0][column].kind() == ValueKind::uint64;
  if (!is_unsigned && rows[0][column].kind() != ValueKind::int64) return;
  auto before = [&](Row a, Row b) { return is_unsigned ? a[column].uint64() < b[column].uint64() : a[column].int64() < b[column].int64(); };
  if (!std::is_sorted(rows.begin(), rows.end(), before)) std::stable_sort(rows.begin(), rows.end(), before);
}

/// 'k' for each key column that moves, 's' for each other present column, '-' for the rest.
std::string shape_of(const TargetTable& table, const TableStep::Patch& patch) {
  std::string shape(table.columns.size(), '-');
  for (size_t i = 0; i < shape.size(); ++i) {
    if (patch.row[i].is_absent()) continue;
    if (!table.columns[i].in_key)
      shape[i] = 's';
    else if (!(patch.row[i] == patch.key[i]))
      shape[i] = 'k';
  }
  return shape;
}

}  // namespace

void RowStatements::begin_arrays(const TargetTable& table, const std::vector<Source>& sources) {
  if (arrays_.size() < sources.size()) arrays_.resize(sources.size());
  for (size_t i = 0; i < sources.size(); ++i) {
    ByteBuffer& array = arrays_[i];
    array.clear();
    array.reserve_more(kArrayHeaderBytes);
    array.put32(1);  // dimensions
    array.put32(1);  // may contain NULL
    array.put32(table.columns[sources[i].column].parameter_oid());
    array.put32(0);  // count, known at the end
    array.put32(1);  // lower bound
  }
}

size_t RowStatements::array_bytes(size_t arrays) const {
  size_t bytes = 0;
  for (size_t i = 0; i < arrays; ++i) bytes += arrays_[i].size();
  return bytes;
}

void RowStatements::send_arrays(TargetTable& table, Statement& statement, uint32_t count, size_t arrays, int64_t must_affect) {
  params_.clear();
  for (size_t i = 0; i < arrays; ++i) {
    arrays_[i].patch32(12, count);
    params_.add_binary(arrays_[i].view());
  }
  flight_.send(statement, params_, table.doing, must_affect);
}

void RowStatements::empty(TargetTable& table) {
  if (table.empty.sql.empty()) table.empty.sql = empty_sql(table);
  params_.clear();
  flight_.send(table.empty, params_, table.doing, -1);
}

void RowStatements::remove(TargetTable& table, const std::vector<Row>& rows) {
  if (rows.empty()) return;
  if (table.remove.sql.empty()) table.remove.sql = remove_sql(table);
  std::vector<Source> sources;
  for (uint16_t column : table.schema->key) sources.push_back({column, false});
  for (size_t from = 0; from < rows.size(); from += kArrayRows) {
    const size_t to = std::min(rows.size(), from + kArrayRows);
    begin_arrays(table, sources);
    for (size_t r = from; r < to; ++r) {
      for (size_t i = 0; i < sources.size(); ++i) table.encode(sources[i].column, rows[r][sources[i].column], arrays_[i]);
    }
    send_arrays(table, table.remove, static_cast<uint32_t>(to - from), sources.size(), -1);
  }
}

void RowStatements::upsert(TargetTable& table, const std::vector<Row>& rows) {
  if (rows.empty()) return;
  const Row* first = rows.data();
  if (table.schema->has_key() && rows.size() >= kSortRows) {
    sorted_ = rows;
    sort_by_first_key(table, sorted_);
    first = sorted_.data();
  }
  if (!table.nestable && rows.size() <= kSingleRows)
    upsert_singles(table, first, rows.size());
  else if (!table.nestable || rows.size() > kArrayRows)
    load_staged(table, first, rows.size(), false);
  else
    upsert_arrays(table, first, rows.size());
}

void RowStatements::upsert_singles(TargetTable& table, const Row* rows, size_t count) {
  if (table.upsert_single.sql.empty()) table.upsert_single.sql = insert_single_sql(table);
  std::vector<size_t> starts(table.columns.size());
  for (size_t r = 0; r < count; ++r) {
    singles_.clear();
    for (size_t i = 0; i < starts.size(); ++i) {
      starts[i] = singles_.size();
      table.encode(i, rows[r][i], singles_);
    }
    send_singles(table, table.upsert_single, starts, -1);
  }
}

void RowStatements::upsert_arrays(TargetTable& table, const Row* rows, size_t count) {
  if (table.upsert.sql.empty()) table.upsert.sql = upsert_sql(table);
  const size_t columns = table.columns.size();
  std::vector<Source> sources;
  for (size_t i = 0; i < columns; ++i) sources.push_back({i, true});
  for (size_t r = 0; r < count;) {
    begin_arrays(table, sources);
    uint32_t taken = 0;
    size_t bytes = 0;
    for (; r < count && taken < kArrayRows && bytes < kArrayBytes; ++r, ++taken) {
      for (size_t i = 0; i < columns; ++i) {
        const size_t before = arrays_[i].size();
        table.encode(i, rows[r][i], arrays_[i]);
        bytes += arrays_[i].size() - before;
      }
    }
    send_arrays(table, table.upsert, taken, columns, -1);
  }
}

void RowStatements::prepare_stage(TargetTable& table) {
  flight_.land();
  if (table.stage_session != connection_.session()) {
    // a copy of the columns without defaults and constraints
    connection_.run(fmt::format("CREATE TEMP TABLE IF NOT EXISTS {} ON COMMIT DELETE ROWS AS SELECT {} FROM {} WITH NO DATA", table.stage,
                                stage_columns(table), table.quoted),
                    table.doing.c_str());
    table.stage_session = connection_.session();
  } else if (table.stage_filled) {
    connection_.run("TRUNCATE pg_temp." + table.stage, table.doing.c_str());
  }
  if (!table.stage_filled) filled_.push_back(&table);
  table.stage_filled = true;
}

void RowStatements::copy_rows(TargetTable& table, const std::string& into, const Row* rows, size_t count) {
  const auto columns = static_cast<uint16_t>(table.columns.size());
  CopyIn copy(connection_, fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", into, table.column_list()), copy_, table.doing);
  for (size_t r = 0; r < count; ++r) {
    copy_.reserve_more(2);
    copy_.put16(columns);
    for (size_t i = 0; i < columns; ++i) table.encode(i, rows[r][i], copy_);
    copy.row_done();
  }
  failpoint("postgres.copying");
  copy.finish();
}

void RowStatements::load_staged(TargetTable& table, const Row* rows, size_t count, bool plain) {
  prepare_stage(table);
  copy_rows(table, "pg_temp." + table.stage, rows, count);
  connection_.run(staged_sql(table, plain), table.doing.c_str());
}

void RowStatements::load_plain(TargetTable& table, const std::vector<Row>& rows) {
  if (rows.empty()) return;
  if (table.has_casts) return load_staged(table, rows.data(), rows.size(), true);
  flight_.land();
  copy_rows(table, table.quoted, rows.data(), rows.size());
}

void RowStatements::patch(TargetTable& table, const std::vector<TableStep::Patch>& patches, bool must_hit) {
  if (patches.empty()) return;
  // keys are disjoint, so that patches of one shape may go together; those that move keys go last, in their order
  std::map<std::string, std::vector<const TableStep::Patch*>> groups;
  std::vector<const TableStep::Patch*> moving;
  for (const TableStep::Patch& patch : patches) {
    std::string shape = shape_of(table, patch);
    if (shape.find('k') == std::string::npos)
      groups[shape].push_back(&patch);
    else
      moving.push_back(&patch);
  }
  for (const auto& [shape, group] : groups) patch_group(table, shape, group, must_hit);
  for (const TableStep::Patch* patch : moving) patch_group(table, shape_of(table, *patch), {patch}, must_hit);
}

void RowStatements::patch_group(TargetTable& table, const std::string& shape, const std::vector<const TableStep::Patch*>& patches,
                                bool must_hit) {
  std::vector<Source> sources;
  std::vector<size_t> set;
  for (uint16_t column : table.schema->key) sources.push_back({column, false});
  bool single = false;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == '-') continue;
    sources.push_back({i, true});
    set.push_back(i);
    if (table.columns[i].type.wire == WireType::float4_array) single = true;
  }
  Statement& statement = table.shaped["patch " + shape];
  if (statement.sql.empty()) statement.sql = patch_sql(table, set, single);
  if (single) {
    for (const TableStep::Patch* patch : patches) patch_single(table, statement, sources, *patch, must_hit);
    return;
  }
  for (size_t p = 0; p < patches.size();) {
    begin_arrays(table, sources);
    uint32_t taken = 0;
    for (; p < patches.size() && taken < kArrayRows; ++p, ++taken) {
      for (size_t i = 0; i < sources.size(); ++i) {
        const size_t column = sources[i].column;
        table.encode(column, (sources[i].from_after ? patches[p]->row : patches[p]->key)[column], arrays_[i]);
      }
      if (taken % 64 == 0 && array_bytes(sources.size()) > kArrayBytes) {
        ++p, ++taken;
        break;
      }
    }
    send_arrays(table, statement, taken, sources.size(), must_hit ? static_cast<int64_t>(taken) : -1);
  }
}

void RowStatements::patch_single(TargetTable& table, Statement& statement, const std::vector<Source>& sources,
                                 const TableStep::Patch& patch, bool must_hit) {
  singles_.clear();
  std::vector<size_t> starts;
  for (const Source& source : sources) {
    starts.push_back(singles_.size());
    table.encode(source.column, (source.from_after ? patch.row : patch.key)[source.column], singles_);
  }
  send_singles(table, statement, starts, must_hit ? 1 : -1);
}

void RowStatements::send_singles(TargetTable& table, Statement& statement, const std::vector<size_t>& starts, int64_t must_affect) {
  params_.clear();
  for (size_t i = 0; i < starts.size(); ++i) {
    const size_t end = i + 1 < starts.size() ? starts[i + 1] : singles_.size();
    // a field is four bytes of length, then the value; a NULL has the length -1 and nothing else
    const bool is_null = end - starts[i] == 4 && singles_.data()[starts[i]] == '\xff';
    if (is_null)
      params_.add_null();
    else
      params_.add_binary({singles_.data() + starts[i] + 4, end - starts[i] - 4});
  }
  flight_.send(statement, params_, table.doing, must_affect);
}

void RowStatements::replay(TargetTable& table, const std::vector<Change>& changes) {
  std::vector<Row> inserts;
  for (const Change& change : changes) {
    if (change.op == Op::insert) {
      inserts.push_back(change.after);
      continue;
    }
    upsert(table, inserts);
    inserts.clear();
    replay_one(table, change);
  }
  upsert(table, inserts);
}

void RowStatements::replay_one(TargetTable& table, const Change& change) {
  const bool is_delete = change.op == Op::remove;
  std::string shape = is_delete ? "delete " : "update ";
  std::vector<size_t> match, set;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const bool matches = !change.before[i].is_absent();
    const bool sets = !is_delete && !change.after[i].is_absent();
    if (matches) match.push_back(i);
    if (sets) set.push_back(i);
    shape.push_back(static_cast<char>('0' + (matches ? 1 : 0) + (sets ? 2 : 0)));
  }
  if (match.empty())
    throw Error(ErrorKind::data, table.doing, "a change of a table without key came without its old row",
                "set binlog_row_image=FULL at the source");
  if (!is_delete && set.empty()) return;
  Statement& statement = table.shaped[shape];
  if (statement.sql.empty()) statement.sql = match_whole_sql(table, match, set, is_delete);
  singles_.clear();
  std::vector<size_t> starts;
  auto add = [&](size_t column, const Value& value) {
    starts.push_back(singles_.size());
    table.encode(column, value, singles_);
  };
  for (size_t column : match) add(column, change.before[column]);
  for (size_t column : set) add(column, change.after[column]);
  send_singles(table, statement, starts, 1);
}

void RowStatements::transaction_ended(std::vector<TargetTable>& tables, bool rolled_back) {
  for (TargetTable* table : filled_) table->stage_filled = false;
  filled_.clear();
  if (rolled_back) {
    for (TargetTable& table : tables) table.stage_session = 0;
  }
  for (ByteBuffer& array : arrays_) array.clear_and_shrink(kBufferKeptBytes);
  singles_.clear_and_shrink(kBufferKeptBytes);
  copy_.clear_and_shrink(kBufferKeptBytes);
}

}  // namespace tidemark::postgres
