// Row events: WRITE, UPDATE and DELETE in versions 1 (23-25) and 2 (30-32), PARTIAL_UPDATE (39), and MariaDB's compressed ones
// (166-171, which are inflated here). Pure functions over bytes; the reader thread calls them. Total on any bytes.
// Source: MySQL libs/mysql/binlog/event/rows_event.h, MariaDB sql/log_event.cc (row_log_event_uncompress).
#pragma once

#include <cstdint>

#include "base/byte_cursor.h"
#include "engine/mysql/row_decoder.h"
#include "tidemark/change.h"

namespace tidemark::mysql {

/// True for the event types that decode_rows takes.
bool is_rows_event(uint8_t event_type);

struct RowsHead {
  uint64_t table_id = 0;
  uint16_t flags = 0;  // 1: last row event of its statement; the table maps end with it
};
inline constexpr uint16_t kRowsStatementEnd = 1;
/// Table id of the dummy event that only ends a statement: it carries no rows and its table is in no map.
inline constexpr uint64_t kDummyTableId = 0xFFFFFF;

/// `body` starts after the 19-byte event header, checksum cut off. False: too short.
bool parse_rows_head(ByteCursor body, RowsHead& head);

/// Appends one Change a row to batch.changes (Change::table = `table`); rows and their bytes go to batch.arena. On false nothing was
/// appended, and decoder.error_kind(), error() and error_hint() say why (corrupt bytes; unsupported: partial JSON without its before
/// image).
bool decode_rows(uint8_t event_type, ByteCursor body, RowDecoder& decoder, uint32_t table, LogBatch& batch);

/// Counts the rows of an event whose table is not captured (`skipper` made by RowDecoder::skipper); 0 when the bytes are malformed.
uint64_t count_rows(uint8_t event_type, ByteCursor body, RowDecoder& skipper);

}  // namespace tidemark::mysql
