#include "engine/mysql/rows_event.h"

#include "engine/mysql/payload.h"

namespace tidemark::mysql {

namespace {

enum class Shape : uint8_t { none, insert, update, remove };

struct EventKind {
  Shape shape = Shape::none;
  bool extra = false;       // version 2: has a length of extra data in its post-header
  bool compressed = false;  // MariaDB
  bool partial = false;     // MySQL PARTIAL_UPDATE_ROWS
};

EventKind kind_of(uint8_t type) {
  switch (type) {
    case 23: return {Shape::insert, false, false, false};
    case 24: return {Shape::update, false, false, false};
    case 25: return {Shape::remove, false, false, false};
    case 30: return {Shape::insert, true, false, false};
    case 31: return {Shape::update, true, false, false};
    case 32: return {Shape::remove, true, false, false};
    case 39: return {Shape::update, true, false, true};
    case 166: return {Shape::insert, false, true, false};
    case 167: return {Shape::update, false, true, false};
    case 168: return {Shape::remove, false, true, false};
    case 169: return {Shape::insert, true, true, false};
    case 170: return {Shape::update, true, true, false};
    case 171: return {Shape::remove, true, true, false};
    default: return {};
  }
}

struct Images {
  EventKind kind;
  ImageColumns before, after;
  std::string_view rows;
  std::string unpacked;  // what `rows` points to when the event was compressed
};

/// The head and the bitmaps; false: decoder.error() says why.
bool open_images(uint8_t type, ByteCursor body, RowDecoder& decoder, Images& images) {
  images.kind = kind_of(type);
  if (images.kind.shape == Shape::none) return decoder.fail("not a rows event");
  body.skip(8);  // table id and flags
  if (images.kind.extra) {
    uint16_t length = body.u16();  // counts itself
    if (length < 2) body.fail();
    body.skip(length - 2u);
  }
  uint64_t columns = body.length_encoded();
  if (body.failed() || columns != decoder.table_columns())
    return decoder.fail("rows event and table map differ in their number of columns");
  const size_t bitmap = (columns + 7) / 8;
  std::string_view first = body.bytes(bitmap);
  std::string_view second = images.kind.shape == Shape::update ? body.bytes(bitmap) : first;
  if (body.failed()) return decoder.fail("rows event ends in its column bitmaps");
  images.before = decoder.columns_of(first);
  images.after = decoder.columns_of(second);
  images.rows = body.rest();
  if ((images.kind.shape != Shape::insert && images.before.count == 0) || (images.kind.shape == Shape::insert && images.after.count == 0)) {
    return decoder.fail_unsupported("the log holds rows without any column, so that their number is unknown",
                                    "SET GLOBAL binlog_row_image=FULL");
  }
  if (images.kind.compressed) {
    std::string why;
    if (!inflate_binlog(images.rows, images.unpacked, why)) return decoder.fail(why.c_str());
    images.rows = images.unpacked;
  }
  return true;
}

/// What comes before the after image of a partial update: options, and bits of the JSON columns that hold diffs.
bool take_partial_bits(const char*& at, const char* end, RowDecoder& decoder, const char*& bits) {
  ByteCursor cursor({at, static_cast<size_t>(end - at)});
  uint64_t options = cursor.length_encoded();
  constexpr uint64_t kPartialJson = 1;
  bits = nullptr;
  if ((options & kPartialJson) != 0) {
    std::string_view bytes = cursor.bytes((decoder.json_columns() + 7) / 8);
    if (!bytes.empty()) bits = bytes.data();
  }
  if (cursor.failed() || options > kPartialJson) return decoder.fail("malformed options of a partial update");
  at = cursor.here();
  return true;
}

class Reader {
 public:
  Reader(const Images& images, RowDecoder& decoder, uint32_t table, LogBatch& batch)
      : images_(images), decoder_(decoder), table_(table), batch_(batch), columns_(decoder.schema()->columns.size()) {}

  bool read(std::string_view rows) {
    const size_t first = batch_.changes.size();
    const char* at = rows.data();
    const char* end = at + rows.size();
    while (at != end) {
      Change change;
      change.table = table_;
      if (!read_change(at, end, change)) {
        batch_.changes.resize(first);
        return false;
      }
      batch_.changes.push_back(change);
    }
    return true;
  }

 private:
  bool read_change(const char*& at, const char* end, Change& change) {
    const Shape shape = images_.kind.shape;
    change.op = shape == Shape::insert ? Op::insert : shape == Shape::update ? Op::update : Op::remove;
    if (shape != Shape::insert) {
      Value* row = batch_.arena.allocate_row(columns_);
      if (!decoder_.decode(at, end, images_.before, nullptr, nullptr, row, batch_.arena)) return false;
      change.before = row;
    }
    if (shape != Shape::remove) {
      const char* partial = nullptr;
      if (images_.kind.partial && !take_partial_bits(at, end, decoder_, partial)) return false;
      Value* row = batch_.arena.allocate_row(columns_);
      if (!decoder_.decode(at, end, images_.after, partial, change.before, row, batch_.arena)) return false;
      change.after = row;
    }
    return true;
  }

  const Images& images_;
  RowDecoder& decoder_;
  const uint32_t table_;
  LogBatch& batch_;
  const size_t columns_;
};

}  // namespace

bool is_rows_event(uint8_t event_type) { return kind_of(event_type).shape != Shape::none; }

bool parse_rows_head(ByteCursor body, RowsHead& head) {
  head.table_id = body.u48();
  head.flags = body.u16();
  return !body.failed();
}

bool decode_rows(uint8_t event_type, ByteCursor body, RowDecoder& decoder, uint32_t table, LogBatch& batch) {
  Images images;
  if (!open_images(event_type, body, decoder, images)) return false;
  // One copy of the whole event instead of one of each value: the packet buffer is the connection's.
  std::string_view rows = decoder.borrows() ? batch.arena.copy(images.rows) : images.rows;
  return Reader(images, decoder, table, batch).read(rows);
}

uint64_t count_rows(uint8_t event_type, ByteCursor body, RowDecoder& skipper) {
  Images images;
  if (!open_images(event_type, body, skipper, images)) return 0;
  const char* at = images.rows.data();
  const char* end = at + images.rows.size();
  uint64_t count = 0;
  for (; at != end; ++count) {
    const char* partial = nullptr;
    const Shape shape = images.kind.shape;
    if (shape != Shape::insert && !skipper.skip(at, end, images.before)) return 0;
    if (images.kind.partial && !take_partial_bits(at, end, skipper, partial)) return 0;
    if (shape != Shape::remove && !skipper.skip(at, end, images.after)) return 0;
  }
  return count;
}

}  // namespace tidemark::mysql
