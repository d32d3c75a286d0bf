// Dates, times and moments.
#include <cstring>

#include "engine/mysql/temporal.h"
#include "engine/mysql/value_piece.h"

namespace tidemark::mysql {
namespace {

constexpr int64_t kMicrosPerDay = 86400ll * 1000000;
constexpr int64_t kPower[] = {1000000, 100000, 10000, 1000, 100, 10, 1};  // microseconds of the last digit

bool digits_fit(int64_t micros, uint8_t digits) { return micros % kPower[digits] == 0; }

Encoded date_fits(const ColumnCodec& codec, const Civil& civil) {
  if (is_infinite(civil)) return Encoded::infinite;
  // the year 0 of MySQL is a form for dates that are none, PostgreSQL's is 1 BC
  const int32_t first = codec.source.family == TypeFamily::postgres ? 1 : 0;
  return civil.year < first || civil.year > 9999 ? Encoded::out_of_range : Encoded::ok;
}

/// TIMESTAMP holds the moments after the epoch that a number of 32 bits counts; MariaDB 11.5 takes its sign for a digit.
Encoded timestamp_fits(const ColumnCodec& codec, const Civil& civil) {
  if (civil == Civil{}) return Encoded::ok;
  if (!is_real_date(civil)) return Encoded::out_of_range;
  const Civil last = moment_max(codec);
  const int64_t days = days_from_civil(civil.year, civil.month, civil.day), last_day = days_from_civil(last.year, last.month, last.day);
  const int64_t first = codec.is_mariadb ? 1 : 1000000;
  if (days < 0 || (days == 0 && civil.micros < first)) return Encoded::out_of_range;
  return days > last_day || (days == last_day && civil.micros / 1000000 > last.micros / 1000000) ? Encoded::out_of_range : Encoded::ok;
}

std::string_view keep(std::string_view text, PieceRoom& room) {
  std::memcpy(room.text.bytes, text.data(), text.size());
  return {room.text.bytes, text.size()};
}

Encoded time_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room, Piece& out) {
  if (value.kind() != ValueKind::time) return Encoded::wrong_kind;
  const int64_t micros = value.int64(), magnitude = micros < 0 ? -micros : micros;
  if (magnitude > time_max_micros(codec)) return Encoded::out_of_range;
  if (!digits_fit(magnitude, codec.target.column.scale)) return Encoded::digits_lost;
  char text[32];
  out = {Piece::Form::text, keep(print_time(micros, codec.target.column.scale, text), room)};
  return Encoded::ok;
}

}  // namespace

Civil moment_max(const ColumnCodec& codec) {
  const int64_t fraction = 1000000 - kPower[codec.target.column.scale];
  if (codec.target.type == TargetType::date) return {9999, 12, 31, 0};
  if (codec.target.type != TargetType::timestamp) return {9999, 12, 31, kMicrosPerDay - 1000000 + fraction};
  if (codec.wide_timestamp) return {2106, 2, 7, (6 * 3600 + 28 * 60 + 15) * 1000000ll + fraction};
  return {2038, 1, 19, (3 * 3600 + 14 * 60 + 7) * 1000000ll + fraction};
}

int64_t time_max_micros(const ColumnCodec& codec) {
  constexpr int64_t kLimit = (838ll * 3600 + 59 * 60 + 59) * 1000000;
  return codec.is_mariadb ? kLimit + 1000000 - kPower[codec.target.column.scale] : kLimit;  // MySQL has no fraction on the last second
}

Encoded moment_piece(const ColumnCodec& codec, const Value& value, PieceRoom& room, Piece& out) {
  const TargetType type = codec.target.type;
  if (type == TargetType::time) return time_piece(codec, value, room, out);
  const ValueKind kind = value.kind();
  const bool is_date = kind == ValueKind::date, is_moment = kind == ValueKind::datetime || kind == ValueKind::timestamp;
  if (type == TargetType::date ? !is_date : !is_moment) return Encoded::wrong_kind;
  const Civil civil = value.civil();
  if (const Encoded e = date_fits(codec, civil); e != Encoded::ok) return e;
  if (type == TargetType::timestamp) {
    if (const Encoded e = timestamp_fits(codec, civil); e != Encoded::ok) return e;
  }
  char text[32];
  if (is_date) {
    out = {Piece::Form::text, keep(print_date(civil, text), room)};
    return Encoded::ok;
  }
  if (!digits_fit(civil.micros, codec.target.column.scale)) return Encoded::digits_lost;
  out = {Piece::Form::text, keep(print_datetime(civil, codec.target.column.scale, text), room)};
  return Encoded::ok;
}

}  // namespace tidemark::mysql
