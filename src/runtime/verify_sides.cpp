#include "runtime/verify_sides.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/failpoint.h"
#include "tidemark/error.h"

namespace tidemark {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 20;

/// Keeps blocks until the limits are reached.
RowBlockSink collect(SourceRows& into, size_t rows_max, size_t bytes_max) {
  return [&into, rows_max, bytes_max](std::unique_ptr<RowBlock> block) {
    into.bytes += block->bytes();
    into.rows.insert(into.rows.end(), block->rows.begin(), block->rows.end());
    into.blocks.push_back(std::move(block));
    into.cut = into.rows.size() >= rows_max || into.bytes >= bytes_max;
    return !into.cut;
  };
}

/// Reads once more when the table was changed or emptied after the view was opened (stale_view, which comes before the first row).
template <typename Read>
auto in_a_view(SnapshotReader& reader, Read read) {
  for (;;) {
    try {
      return read();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::stale_view) throw;
      reader.end();
    }
  }
}

std::string place(Position position, const LogOffset& offset) {
  position.offset = offset;
  return position.known() ? position.file_text() : "its start";
}

}  // namespace

SourceRows SourceSide::next_chunk(const TableSchema& table, std::optional<KeyBytes>& after, uint64_t rows, size_t bytes_max) {
  KeyRange range;
  range.after = after;
  range.upto = reader_->boundary(table, after, std::nullopt, rows);
  SourceRows chunk;
  in_a_view(*reader_, [&] {
    chunk.place.visibility = reader_->begin(table, {}).visibility;
    // rows may have come in since the boundary was looked up, and the last chunk is open above
    reader_->read(table, range, std::min(bytes_max, kBlockBytes), collect(chunk, 2 * rows, bytes_max));
  });
  failpoint("verify.source_read");
  chunk.place.high = reader_->high_watermark();
  reader_->end();
  if (chunk.cut) {
    after = encode_key(table, chunk.rows.back());
  } else {
    after = range.upto;
  }
  return chunk;
}

SourceRows SourceSide::rows_with(const TableSchema& table, const std::vector<KeyBytes>& keys) {
  SourceRows found;
  in_a_view(*reader_, [&] {
    found.place.visibility = reader_->begin(table, {}).visibility;
    reader_->read_keys(table, keys, [&](std::unique_ptr<RowBlock> block) {
      found.bytes += block->bytes();
      found.rows.insert(found.rows.end(), block->rows.begin(), block->rows.end());
      found.blocks.push_back(std::move(block));
      return true;
    });
  });
  found.place.high = reader_->high_watermark();
  reader_->end();
  return found;
}

std::vector<bool> SourceSide::exist(const TableSchema& table, const std::vector<KeyBytes>& keys, const KeyForm& at_sink) {
  std::unordered_map<KeyBytes, size_t> index;
  for (size_t i = 0; i < keys.size(); ++i) index.emplace(keys[i], i);
  std::vector<bool> found(keys.size(), false);
  reader_->read_keys(table, keys, [&](std::unique_ptr<RowBlock> block) {
    for (Row row : block->rows) {
      // a collation may give 'ABC' for 'abc': only the same bytes are the same row, as they are or as the sink holds them
      const KeyBytes key = encode_key(table, row);
      auto it = index.find(key);
      if (it == index.end()) it = index.find(at_sink(key));
      if (it != index.end()) found[it->second] = true;
    }
    return true;
  });
  return found;
}

ViewPlace SourceSide::each_row(const TableSchema& table, const std::function<void(Row)>& visit) {
  ViewPlace place;
  in_a_view(*reader_, [&] {
    place.visibility = reader_->begin(table, {.exact = true}).visibility;
    reader_->read(table, KeyRange{}, kBlockBytes, [&](std::unique_ptr<RowBlock> block) {
      for (Row row : block->rows) visit(row);
      return true;
    });
  });
  place.high = reader_->high_watermark();
  reader_->end();
  return place;
}

SinkSide::SinkSide(Sink& sink, std::string pipeline, std::string server, std::chrono::milliseconds patience)
    : sink_(sink), pipeline_(std::move(pipeline)), server_(std::move(server)), patience_(patience) {}

void SinkSide::check_lineage(const Position& position) {
  if (!position.known() || position.server == server_) return;
  sink_.end_read();
  throw Error(ErrorKind::lineage, fmt::format("verifying pipeline '{}'", printable(pipeline_)),
              fmt::format("the sink's position belongs to the server {}, the source is the server {}", printable(position.server),
                          printable(server_)),
              "Point the source at the server that the pipeline copied from, or copy anew from this one.");
}

Position SinkSide::begin_anywhere() {
  Position position = sink_.begin_read(pipeline_);
  check_lineage(position);
  failpoint("verify.sink_reading");
  if (position.offset != position_.offset) behind_since_.reset();
  position_ = position;
  return position;
}

Position SinkSide::look() {
  Position position = begin_anywhere();
  end();
  return position;
}

SinkRows SinkSide::rows_with(uint32_t table, const std::vector<KeyBytes>& keys, const LogOffset& high) {
  SinkRows held;
  held.position = begin_at(high);
  sink_.read_keys(table, keys, [&](std::unique_ptr<RowBlock> block) {
    held.rows.insert(held.rows.end(), block->rows.begin(), block->rows.end());
    held.blocks.push_back(std::move(block));
    return true;
  });
  end();
  return held;
}

Position SinkSide::begin_at(const LogOffset& high) {
  auto pause = std::chrono::milliseconds(5);
  for (;;) {
    Position position = begin_anywhere();
    if (position.known() && position.offset >= high) {
      behind_since_.reset();
      return position;
    }
    if (!behind_since_) behind_since_ = std::chrono::steady_clock::now();
    if (stands_still(patience_)) {
      note_ = position.known()
                  ? fmt::format("the sink stands at {} and does not move, the source was read at {}: rows that changed in between differ",
                                position.file_text(), place(position, high))
                  : fmt::format("pipeline '{}' has not committed anything to this sink yet", printable(pipeline_));
      return position;
    }
    sink_.end_read();
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(100));
  }
}

}  // namespace tidemark
