// One value as the target's column takes it, before it is put in quotes or escaped: the part that literals, LOAD DATA and represent()
// share. Pure; any thread. Private to the sink's encoder.
#pragma once

#include <string>
#include <string_view>

#include "engine/mysql/plain_text.h"
#include "engine/mysql/value_encoding.h"

namespace tidemark::mysql {

struct Piece {
  enum class Form : uint8_t { null, number, text, bytes };
  Form form = Form::null;  // number: whatever SQL takes as it stands
  std::string_view data;   // borrowed from the value or from the room
};

struct PieceRoom {
  TextRoom text;
  std::string large;
  std::string nearest;  // bytes of a nearest value
};

/// Of a value that is neither absent nor NULL, by no rule of the user's: a fault where it does not fit.
Encoded make_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room, Piece& out);
// its parts
Encoded number_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room, Piece& out);
Encoded moment_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room, Piece& out);
Encoded text_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room, Piece& out);

/// The nearest value that the column holds, for one that make_piece() refused with `why`; false: it has none. Its bytes are in the room.
bool nearest_value(const ColumnCodec& codec, const Value& value, Encoded why, PieceRoom& room, Value& out);

struct Ruled {
  Encoded result = Encoded::ok;
  Piece piece;
  Value value;  // what stands in the value's place, or itself
};
/// The piece of any value, or of what the user's rule puts in its place.
Ruled ruled_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room);

/// Bounds of an integer column.
int64_t integer_min(const TargetColumn& target);
uint64_t integer_max(const TargetColumn& target);
/// The last moment of DATETIME, TIMESTAMP and TIME of this server, with the fraction that the column has.
Civil moment_max(const ColumnCodec& codec);
int64_t time_max_micros(const ColumnCodec& codec);

}  // namespace tidemark::mysql
