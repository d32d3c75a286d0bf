#include "engine/mysql/sink_row_statements.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/failpoint.h"
#include "engine/mysql/sink_bulk.h"
#include "tidemark/error.h"

namespace tidemark::mysql {
namespace {

constexpr size_t kStatementBytes = 256u << 10;  // of an INSERT: more rows a statement are not faster, and hold locks longer
constexpr size_t kStatementRows = 1000;
constexpr size_t kKeysAtOnce = 500;      // of a DELETE; the optimizers give up on ranges of many thousands and would read the whole table
constexpr size_t kManyRows = 50;         // for fewer an INSERT with literals is faster than LOAD DATA or a prepared statement
constexpr size_t kLoadBytes = 8u << 20;  // of one LOAD DATA
constexpr size_t kLoadPieceBytes = 32u << 10;  // are made while the server works on the former ones
constexpr size_t kBufferKeptBytes = 1u << 20;
// ENUM's number 0, '', cannot be written in strict mode. Every other value has been checked by its codec.
const std::string kLenient = "SET SESSION sql_mode='ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'";
const std::string kStrict = "SET SESSION sql_mode='STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'";

bool is_text_key(const SinkTarget& target, size_t column) {
  return target.codecs[column].in_key && target.codecs[column].target.type == TargetType::text;
}

/// MySQL names the new row by an alias and warns of VALUES(), which is what MariaDB has.
std::string conflict_tail(const SinkTarget& target, const SinkSession& session) {
  if (!target.schema->has_key()) return {};
  const bool alias = !session.is_mariadb() && session.version_number() >= 80020;
  std::string sets;
  auto add = [&](size_t i) {
    const std::string& c = target.columns[i];
    sets += fmt::format("{}{}={}{}{}", sets.empty() ? "" : ",", c, alias ? "tidemark_new." : "VALUES(", c, alias ? "" : ")");
  };
  // a key that its collation takes for the same may be written differently
  for (size_t i = 0; i < target.columns.size(); ++i) {
    if (!target.codecs[i].in_key || is_text_key(target, i)) add(i);
  }
  if (sets.empty()) add(target.schema->key[0]);
  return fmt::format("{} ON DUPLICATE KEY UPDATE {}", alias ? " AS tidemark_new" : "", sets);
}

/// Of a row's key, about, as a condition.
size_t key_bytes(const SinkTarget& target, const Value* row) {
  size_t bytes = 0;
  for (const uint16_t i : target.schema->key) bytes += target.columns[i].size() + 32 + (row[i].has_bytes() ? 2 * row[i].bytes().size() : 0);
  return bytes;
}

size_t keys_that_fit(const SinkTarget& target, const std::vector<Row>& rows, size_t from, size_t bytes_max) {
  size_t to = from, bytes = 0;
  while (to < rows.size() && to - from < kKeysAtOnce && (to == from || bytes < bytes_max)) bytes += key_bytes(target, rows[to++]);
  return to;
}

/// A row of LOAD DATA's file; false: it has a label that strict mode refuses, or a value that only a literal can say.
bool append_line(SinkTarget& target, Row row, std::string& out) {
  bool lenient = false;
  for (size_t i = 0; i < target.columns.size(); ++i) {
    if (i > 0) out += '\t';
    lenient |= target.append_field(i, row[i], out) != SinkTarget::Wrote::value;
  }
  out += '\n';
  return !lenient;
}

}  // namespace

void SinkRowStatements::queue(SinkTarget& target, bool lenient, int64_t must_affect) {
  if (lenient) statements_.add(kLenient, target.doing);
  statements_.add(text_, target.doing, must_affect);
  if (lenient) statements_.add(kStrict, target.doing);
}

void SinkRowStatements::empty(SinkTarget& target) { statements_.add(fmt::format("DELETE FROM {}", target.quoted), target.doing); }

void SinkRowStatements::remove(SinkTarget& target, const std::vector<Row>& rows) {
  for (size_t from = 0; from < rows.size();) {
    const size_t to = keys_that_fit(target, rows, from, kStatementBytes);
    text_ = fmt::format("DELETE FROM {} WHERE ", target.quoted);
    target.append_keys_match(rows, from, to, text_);
    queue(target, false, -1);
    from = to;
  }
}

void SinkRowStatements::upsert(SinkTarget& target, const std::vector<Row>& rows) {
  if (rows.empty()) return;
  if (target.only_unique_key || !target.schema->has_key()) {
    insert(target, rows.data(), rows.size(), conflict_tail(target, session_));
    return;
  }
  for (size_t from = 0; from < rows.size();) {
    const size_t to = keys_that_fit(target, rows, from, kStatementBytes);
    upsert_by_key(target, rows, from, to);
    from = to;
  }
}

void SinkRowStatements::upsert_by_key(SinkTarget& target, const std::vector<Row>& rows, size_t from, size_t to) {
  statements_.land();
  text_ = fmt::format("SELECT COUNT(*) FROM {} WHERE ", target.quoted);
  target.append_keys_match(rows, from, to, text_);
  const std::string present = session_.value(text_, target.doing);
  if (present == "0") {
    insert(target, rows.data() + from, to - from, {});
    return;
  }
  const bool all = present == std::to_string(to - from);
  for (size_t r = from; r < to; ++r) {
    const bool lenient = begin_update(target, rows[r], rows[r]);
    if (all) {
      queue(target, lenient, 1);
      continue;
    }
    statements_.land();
    if (lenient) statements_.add(kLenient, target.doing);
    statements_.add(text_, target.doing);
    const uint64_t found = statements_.land();
    if (lenient) statements_.add(kStrict, target.doing);
    if (found == 0) insert(target, &rows[r], 1, {});
  }
}

void SinkRowStatements::insert(SinkTarget& target, const Row* rows, size_t count, const std::string& tail) {
  if (count >= kManyRows && session_.takes_bulk())
    insert_bound(target, rows, count, tail);
  else
    insert_text(target, rows, count, tail);
}

void SinkRowStatements::insert_bound(SinkTarget& target, const Row* rows, size_t count, const std::string& tail) {
  statements_.land();
  std::string marks;
  for (size_t i = 0; i < target.columns.size(); ++i) marks += i == 0 ? "?" : ",?";
  SinkBulk bulk(session_, fmt::format("INSERT INTO {} ({}) VALUES ({}){}", target.quoted, target.column_list(), marks, tail), target.codecs,
                target.doing);
  std::vector<Row> by_text;  // what only a statement of its own can write
  for (const Row* row = rows; row != rows + count; ++row) {
    const size_t start = bulk.packet().size();
    bool lenient = false;
    for (size_t i = 0; i < target.columns.size(); ++i)
      lenient |= target.append_bound(i, (*row)[i], bulk.packet()) == SinkTarget::Wrote::label_zero;
    if (lenient) {
      bulk.packet().resize(start);
      by_text.push_back(*row);
    } else {
      bulk.end_row(start);
    }
  }
  bulk.finish();
  insert_text(target, by_text.data(), by_text.size(), tail);
}

void SinkRowStatements::insert_text(SinkTarget& target, const Row* rows, size_t count, const std::string& tail) {
  const std::string head = fmt::format("INSERT INTO {} ({}) VALUES ", target.quoted, target.column_list());
  text_.clear();
  size_t taken = 0;
  auto finish = [&] {
    if (taken == 0) return;
    text_ += tail;
    queue(target, false, -1);
    taken = 0;
  };
  for (size_t r = 0; r < count; ++r) {
    tuple_.assign(1, '(');
    bool lenient = false;
    for (size_t i = 0; i < target.columns.size(); ++i) {
      if (i > 0) tuple_ += ',';
      lenient |= target.append_value(i, rows[r][i], tuple_) == SinkTarget::Wrote::label_zero;
    }
    tuple_ += ')';
    if (taken == kStatementRows || (taken > 0 && text_.size() + tuple_.size() > kStatementBytes) || lenient) finish();
    if (taken == 0)
      text_ = head;
    else
      text_ += ',';
    text_ += tuple_;
    ++taken;
    if (!lenient) continue;
    text_ += tail;
    queue(target, true, -1);
    taken = 0;
  }
  finish();
}

void SinkRowStatements::load_plain(SinkTarget& target, const std::vector<Row>& rows) {
  if (rows.empty()) return;
  if (session_.takes_bulk() || !session_.takes_local_data() || rows.size() < kManyRows)
    insert(target, rows.data(), rows.size(), {});
  else
    load_data(target, rows);
}

void SinkRowStatements::load_data(SinkTarget& target, const std::vector<Row>& rows) {
  statements_.land();
  std::string list, sets;
  for (size_t i = 0; i < target.columns.size(); ++i) {
    const std::string variable = fmt::format("@tidemark_{}", i), expression = load_expression(target.codecs[i], variable);
    if (i > 0) list += ',';
    list += expression.empty() ? target.columns[i] : variable;
    if (!expression.empty()) sets += fmt::format("{}{}={}", sets.empty() ? " SET " : ",", target.columns[i], expression);
  }
  const std::string sql = fmt::format(
      "LOAD DATA LOCAL INFILE 'tidemark' INTO TABLE {} CHARACTER SET binary FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' "
      "LINES TERMINATED BY '\\n' ({}){}",
      target.quoted, list, sets);
  std::vector<Row> by_insert;  // what only a statement can write
  for (size_t at = 0; at < rows.size();) {
    size_t taken = 0, bytes = 0;
    const auto next = [&](std::string& out) {
      while (at < rows.size() && bytes < kLoadBytes && out.size() < kLoadPieceBytes) {
        const size_t start = out.size();
        if (append_line(target, rows[at], out)) {
          bytes += out.size() - start;
          ++taken;
        } else {
          out.resize(start);
          by_insert.push_back(rows[at]);
        }
        ++at;
      }
    };
    failpoint("mysql_sink.loading");
    const uint64_t stored = session_.load(sql, next, target.doing);
    if (stored == taken) continue;
    throw Error(ErrorKind::sink_conflict, target.doing, fmt::format("of {} rows the server took {}", taken, stored),
                "the target has rows that are not the source's; remove them, or compare with: tidemark verify");
  }
  insert(target, by_insert.data(), by_insert.size(), {});
}

bool SinkRowStatements::begin_update(SinkTarget& target, const Value* row, const Value* key) {
  text_ = fmt::format("UPDATE {} SET ", target.quoted);
  bool lenient = false, empty = true;
  for (size_t i = 0; i < target.columns.size(); ++i) {
    const bool same_key = target.codecs[i].in_key && key != nullptr && (row[i].is_absent() || row[i] == key[i]);
    const bool keep = row[i].is_absent() || (same_key && !is_text_key(target, i));
    // one that updates itself is told to stay
    if (keep && !target.codecs[i].target.updates_itself) continue;
    if (!empty) text_ += ',';
    empty = false;
    text_ += target.columns[i];
    text_ += '=';
    if (keep)
      text_ += target.columns[i];
    else
      lenient |= target.append_value(i, row[i], text_) == SinkTarget::Wrote::label_zero;
  }
  // an update of nothing must still meet its row
  if (empty) text_ += fmt::format("{0}={0}", target.columns[target.schema->has_key() ? target.schema->key[0] : 0]);
  text_ += " WHERE ";
  if (target.schema->has_key()) target.append_key_match(key, text_);
  return lenient;
}

void SinkRowStatements::patch(SinkTarget& target, const std::vector<TableStep::Patch>& patches, bool must_hit) {
  // keys are disjoint, so that those that move keys may go last, in their order
  for (const bool moving : {false, true}) {
    for (const TableStep::Patch& patch : patches) {
      bool moves = false;
      for (const uint16_t i : target.schema->key) moves |= !patch.row[i].is_absent() && !(patch.row[i] == patch.key[i]);
      if (moves != moving) continue;
      const bool lenient = begin_update(target, patch.row, patch.key);
      queue(target, lenient, must_hit ? 1 : -1);
    }
  }
}

void SinkRowStatements::replay(SinkTarget& target, const std::vector<Change>& changes) {
  std::vector<Row> inserts;
  for (const Change& change : changes) {
    if (change.op == Op::insert) {
      inserts.push_back(change.after);
      continue;
    }
    insert(target, inserts.data(), inserts.size(), {});
    inserts.clear();
    replay_one(target, change);
  }
  insert(target, inserts.data(), inserts.size(), {});
}

void SinkRowStatements::replay_one(SinkTarget& target, const Change& change) {
  bool lenient = false;
  if (change.op == Op::remove)
    text_ = fmt::format("DELETE FROM {} WHERE ", target.quoted);
  else
    lenient = begin_update(target, change.after, nullptr);
  bool any = false;
  for (size_t i = 0; i < target.columns.size(); ++i) {
    if (change.before[i].is_absent()) continue;
    if (any) text_ += " AND ";
    any = true;
    target.append_whole_match(i, change.before[i], text_);
  }
  if (!any) {
    throw Error(ErrorKind::data, target.doing, "a change of a table without key came without its old row",
                "set binlog_row_image=FULL at the source");
  }
  text_ += " LIMIT 1";
  queue(target, lenient, 1);
}

void SinkRowStatements::transaction_ended() {
  for (std::string* buffer : {&text_, &tuple_}) {
    buffer->clear();
    if (buffer->capacity() > kBufferKeptBytes) buffer->shrink_to_fit();
  }
}

}  // namespace tidemark::mysql
