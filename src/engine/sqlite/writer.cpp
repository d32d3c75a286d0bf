#include "engine/sqlite/writer.h"

#include <algorithm>

#include "base/failpoint.h"
#include "tidemark/error.h"

namespace tidemark::sqlite {

namespace {

/// Rows of one INSERT in a bulk load: more saves little, and a statement may have 32,766 parameters.
constexpr size_t kRowsPerInsert = 16;
constexpr size_t kMostParameters = 999;

Columns all_columns(const TableSchema& schema) {
  Columns all(schema.columns.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
  return all;
}

Columns present_columns(const TableSchema& schema, Row row) {
  Columns present;
  for (size_t i = 0; i < schema.columns.size(); ++i)
    if (!row[i].is_absent()) present.push_back(static_cast<uint16_t>(i));
  return present;
}

/// Tells statements with different columns apart.
void append_columns(std::string& out, const Columns& columns) {
  out.append(reinterpret_cast<const char*>(columns.data()), columns.size() * sizeof(columns[0]));
  out += "\xff\xff";
}

[[noreturn]] void refuse_missed(const Target& target, const char* what) {
  throw Error(ErrorKind::data, "write SQLite table " + target.name, std::string(what) + " meets no row in the sink",
              "another program has changed the sink: tidemark verify shows which rows; move the table away to have it copied anew");
}

}  // namespace

void Writer::apply(const TableStep& step, const Target& target) {
  connection_.doing("write SQLite table " + target.name);
  reserve_slots(2 * target.columns.size());
  if (step.empty_first) empty_table(step, target);
  delete_rows(step, target);
  failpoint("sqlite.rows_removed");
  upsert_rows(step.table, step.upserts, target);
  patch_rows(step, target);
  apply_sequence(step, target);
  if (step.load_plain || !target.schema->has_key())
    load_rows(step.table, step.load, target);
  else
    upsert_rows(step.table, step.load, target);
}

void Writer::reserve_slots(size_t parameters) {
  size_t bytes = (parameters + 1) * kTextFormBytes;  // parameters are counted from 1
  if (slots_.size() < bytes) slots_.resize(bytes);
}

void Writer::bind_one(Statement& statement, int index, const Value& value, const Target& target, size_t column) {
  auto slot = static_cast<size_t>(index) * kTextFormBytes;
  int code = bind_value(statement.get(), index, value, target.columns[column], slots_.data() + slot);
  if (code != SQLITE_OK) connection_.fail(code);
}

void Writer::bind_row(Statement& statement, int first, Row row, const Target& target) {
  for (size_t i = 0; i < target.columns.size(); ++i) bind_one(statement, first + static_cast<int>(i), row[i], target, i);
}

void Writer::bind_columns(Statement& statement, int first, Row row, const Columns& columns, const Target& target) {
  for (size_t i = 0; i < columns.size(); ++i) bind_one(statement, first + static_cast<int>(i), row[columns[i]], target, columns[i]);
}

void Writer::step_once(Statement& statement) {
  statement.run();
  connection_.check_interrupt();
}

void Writer::empty_table(const TableStep& step, const Target& target) {
  step_once(statements_.get(connection_, step.table, Use::empty, {}, [&] { return empty_sql(target.name); }));
}

void Writer::delete_rows(const TableStep& step, const Target& target) {
  if (step.deletes.empty()) return;
  Statement& statement = statements_.get(connection_, step.table, Use::remove, {}, [&] { return delete_sql(*target.schema, target.name); });
  for (Row row : step.deletes) {
    bind_columns(statement, 1, row, target.schema->key, target);
    step_once(statement);
  }
}

void Writer::upsert_rows(uint32_t table, const std::vector<Row>& rows, const Target& target) {
  if (rows.empty()) return;
  Statement& statement = statements_.get(connection_, table, Use::upsert, {}, [&] { return upsert_sql(*target.schema, target.name); });
  for (Row row : rows) {
    bind_row(statement, 1, row, target);
    step_once(statement);
  }
}

void Writer::load_rows(uint32_t table, const std::vector<Row>& rows, const Target& target) {
  if (rows.empty()) return;
  size_t width = target.columns.size();
  size_t many = std::max<size_t>(1, std::min(kRowsPerInsert, kMostParameters / width));
  reserve_slots(many * width);
  size_t i = 0;
  auto insert = [&](Use use, size_t count) {
    if (rows.size() - i < count) return;
    Statement& statement = statements_.get(connection_, table, use, {},
                                           [&] { return insert_sql(*target.schema, target.name, all_columns(*target.schema), count); });
    for (; rows.size() - i >= count; i += count) {
      for (size_t row = 0; row < count; ++row) bind_row(statement, static_cast<int>(1 + row * width), rows[i + row], target);
      step_once(statement);
    }
  };
  if (many > 1) insert(Use::insert_many, many);
  insert(Use::insert, 1);
}

void Writer::patch_rows(const TableStep& step, const Target& target) {
  const TableSchema& schema = *target.schema;
  std::string shape;
  for (const TableStep::Patch& patch : step.patches) {
    Columns set = present_columns(schema, patch.row);
    shape.clear();
    append_columns(shape, set);
    Statement& statement =
        statements_.get(connection_, step.table, Use::update, shape, [&] { return update_sql(schema, target.name, set); });
    bind_columns(statement, 1, patch.row, set, target);
    bind_columns(statement, static_cast<int>(set.size()) + 1, patch.key, schema.key, target);
    step_once(statement);
    if (step.patches_must_hit && connection_.changes() == 0) refuse_missed(target, "an update");
  }
}

void Writer::apply_sequence(const TableStep& step, const Target& target) {
  for (const Change& change : step.sequence) apply_unkeyed(step.table, change, target);
}

void Writer::apply_unkeyed(uint32_t table, const Change& change, const Target& target) {
  const TableSchema& schema = *target.schema;
  std::string shape;
  Columns set, match;
  if (change.op != Op::insert) match = present_columns(schema, change.before);
  if (change.op != Op::remove) set = present_columns(schema, change.after);
  append_columns(shape, set);
  append_columns(shape, match);
  if (change.op == Op::insert) {
    if (set.empty()) throw Error(ErrorKind::internal, "write SQLite table " + target.name, "an inserted row without columns");
    Statement& statement =
        statements_.get(connection_, table, Use::match_insert, shape, [&] { return insert_sql(schema, target.name, set); });
    bind_columns(statement, 1, change.after, set, target);
    return step_once(statement);
  }
  if (match.empty() || (change.op == Op::update && set.empty()))
    throw Error(ErrorKind::internal, "write SQLite table " + target.name, "a change of a table without key without the row's columns");
  if (change.op == Op::remove) {
    Statement& statement = statements_.get(connection_, table, Use::match_delete, shape,
                                           [&] { return delete_match_sql(schema, target.name, target.rowid, match); });
    bind_columns(statement, 1, change.before, match, target);
    step_once(statement);
  } else {
    Statement& statement = statements_.get(connection_, table, Use::match_update, shape,
                                           [&] { return update_match_sql(schema, target.name, target.rowid, set, match); });
    bind_columns(statement, 1, change.after, set, target);
    bind_columns(statement, static_cast<int>(set.size()) + 1, change.before, match, target);
    step_once(statement);
  }
  if (connection_.changes() != 1) refuse_missed(target, change.op == Op::remove ? "a delete" : "an update");
}

}  // namespace tidemark::sqlite
