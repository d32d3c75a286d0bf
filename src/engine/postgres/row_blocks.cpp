#include "engine/postgres/row_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/byte_cursor.h"

namespace tidemark::postgres {
namespace {

constexpr uint32_t kNullLength = 0xffffffff;
constexpr size_t kDecimalBytes = 32;  // most are shorter; a block of longer ones ends a row later

/// Kinds whose decoder hands the field's own bytes on.
bool may_borrow(ValueKind kind, bool as_text) {
  switch (kind) {
    case ValueKind::text:
    case ValueKind::json:
    case ValueKind::array:
    case ValueKind::other: return true;
    case ValueKind::bytes:
    case ValueKind::uuid: return !as_text;
    case ValueKind::decimal:
    case ValueKind::interval: return as_text;
    default: return false;
  }
}

}  // namespace

TupleDecoder::TupleDecoder(const TableSchema& table) : table_(table) {
  steps_.reserve(table.columns.size());
  for (const Column& column : table.columns) {
    const bool as_text = !binary_is_exact(column);
    steps_.push_back({FieldDecoder(column), as_text});
    borrows_ = borrows_ || may_borrow(column.kind, as_text);
    if (column.kind == ValueKind::decimal) printed_bytes_ += kDecimalBytes;  // its text lies beside the tuple
  }
}

void TupleDecoder::decode(std::string_view& bytes, Value* row, Arena& arena) const {
  ByteCursor in(bytes);
  if (in.big(2) != steps_.size()) in.fail();
  for (size_t i = 0; i < steps_.size() && !in.failed(); ++i) {
    const auto length = static_cast<uint32_t>(in.big(4));
    if (length == kNullLength) {
      row[i] = Value::null();
      continue;
    }
    const std::string_view field = in.bytes(length);
    if (in.failed()) break;
    const Step& step = steps_[i];
    const bool good = step.as_text ? step.decoder.text(field, row[i], arena) : step.decoder.binary(field, row[i], arena);
    if (!good) throw malformed_field(table_.name, table_.columns[i]);
  }
  if (in.failed()) {
    throw Error(ErrorKind::corrupt, fmt::format("reading {}", printable(table_.name.text())),
                "the server sent what is no row of the table");
  }
  bytes.remove_prefix(static_cast<size_t>(in.here() - bytes.data()));
}

RowBlocks::RowBlocks(const TableSchema& table, size_t block_bytes, const RowBlockSink& sink)
    : decoder_(table), width_(table.columns.size()), block_bytes_(block_bytes), sink_(sink) {}

bool RowBlocks::give() {
  used_ = 0;
  return sink_(std::exchange(block_, std::make_unique<RowBlock>()));
}

bool RowBlocks::add(std::string_view tuples) {
  const size_t row_bytes = decoder_.row_bytes(tuples.size());
  if (used_ != 0 && (used_ + row_bytes > block_bytes_ || block_->arena.bytes_allocated() > block_bytes_) && !give()) return false;
  used_ += row_bytes;
  largest_tuple_bytes_ = std::max(largest_tuple_bytes_, tuples.size());
  if (decoder_.borrows()) tuples = block_->arena.copy(tuples);
  while (!tuples.empty()) {
    Value* const row = block_->arena.allocate_row(width_);
    decoder_.decode(tuples, row, block_->arena);
    block_->rows.push_back(row);
  }
  return true;
}

}  // namespace tidemark::postgres
