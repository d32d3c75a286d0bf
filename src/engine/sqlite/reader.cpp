#include "engine/sqlite/reader.h"

#include "engine/sqlite/dialect.h"
#include "tidemark/error.h"

namespace tidemark::sqlite {

namespace {

constexpr size_t kBlockBytes = 1 << 20;

/// Collects rows and hands them on a block at a time.
class BlockBuilder {
 public:
  BlockBuilder(const Target& target, const RowBlockSink& sink) : target_(target), sink_(sink) {}

  /// `columns[i]` of the row comes from result column i. False: the receiver wants no more.
  template <typename ColumnList>
  bool add(sqlite3_stmt* stmt, const ColumnList& columns) {
    if (block_ == nullptr) block_ = std::make_unique<RowBlock>();
    Value* row = block_->arena.allocate_row(target_.columns.size());
    for (size_t i = 0; i < columns.size(); ++i)
      row[columns[i]] = column_value(stmt, static_cast<int>(i), target_.columns[columns[i]], block_->arena);
    block_->rows.push_back(row);
    return block_->bytes() < kBlockBytes || flush();
  }
  bool flush() {
    if (block_ == nullptr) return true;
    return sink_(std::move(block_));
  }

 private:
  const Target& target_;
  const RowBlockSink& sink_;
  std::unique_ptr<RowBlock> block_;
};

Columns all_columns(const Target& target) {
  Columns all(target.columns.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
  return all;
}

/// Binds key values to ?1.. ; `key` and `slots` must live until the statement was stepped.
void bind_key(Connection& connection, Statement& statement, const Target& target, const std::vector<Value>& key, std::vector<char>& slots) {
  const Columns& columns = target.schema->key;
  if (key.size() != columns.size())
    throw Error(ErrorKind::internal, "read SQLite table " + target.name, "a key with another number of columns than the table's");
  slots.resize(key.size() * kTextFormBytes);
  for (size_t i = 0; i < key.size(); ++i) {
    int code = bind_value(statement.get(), static_cast<int>(i) + 1, key[i], target.columns[columns[i]], slots.data() + i * kTextFormBytes);
    if (code != SQLITE_OK) connection.fail(code);
  }
}

}  // namespace

void read_rows_by_key(Connection& connection, const Target& target, const std::vector<KeyBytes>& keys, const RowBlockSink& rows) {
  connection.doing("read SQLite table " + target.name);
  Statement statement = connection.prepare(select_key_sql(*target.schema, target.name));
  BlockBuilder block(target, rows);
  Columns columns = all_columns(target);
  std::vector<char> slots;
  for (const KeyBytes& bytes : keys) {
    connection.check_interrupt();
    Arena arena;
    std::vector<Value> key = decode_key(bytes, arena);
    bind_key(connection, statement, target, key, slots);
    while (statement.step())
      if (!block.add(statement.get(), columns)) return;
  }
  block.flush();
}

void read_keys_after(Connection& connection, const Target& target, const KeyBytes& after, uint64_t limit, const RowBlockSink& rows) {
  connection.doing("read SQLite table " + target.name);
  Statement statement = connection.prepare(key_page_sql(*target.schema, target.name, !after.empty()));
  Arena arena;
  std::vector<Value> key;
  std::vector<char> slots;
  if (!after.empty()) {
    key = decode_key(after, arena);
    bind_key(connection, statement, target, key, slots);
  }
  statement.bind(static_cast<int>(key.size()) + 1, static_cast<int64_t>(limit));
  BlockBuilder block(target, rows);
  while (statement.step())
    if (!block.add(statement.get(), target.schema->key)) return;
  block.flush();
}

void read_all_rows(Connection& connection, const Target& target, const RowBlockSink& rows) {
  connection.doing("read SQLite table " + target.name);
  Statement statement = connection.prepare(select_all_sql(*target.schema, target.name));
  BlockBuilder block(target, rows);
  Columns columns = all_columns(target);
  while (statement.step())
    if (!block.add(statement.get(), columns)) return;
  block.flush();
}

}  // namespace tidemark::sqlite
