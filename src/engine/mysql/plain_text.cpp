#include "engine/mysql/plain_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "engine/mysql/temporal.h"

namespace tidemark::mysql {
namespace {

constexpr std::string_view kBeforeChrist = " BC";

/// Dates as PostgreSQL prints them where MySQL has none.
std::string_view civil_text(Civil civil, uint8_t fsp, bool with_time, TextRoom& room) {
  if (civil.year == kInfinityYear) return "infinity";
  if (civil.year == -kInfinityYear) return "-infinity";
  // the zero date is no date before Christ
  const bool before = civil.year < 0 || (civil.year == 0 && civil.month != 0 && is_real_date({4, civil.month, civil.day, 0}));
  if (before) civil.year = 1 - civil.year;
  char text[32];
  std::string_view printed = with_time ? print_datetime(civil, fsp, text) : print_date(civil, text);
  std::memcpy(room.bytes, printed.data(), printed.size());
  if (before) std::memcpy(room.bytes + printed.size(), kBeforeChrist.data(), kBeforeChrist.size());
  return {room.bytes, printed.size() + (before ? kBeforeChrist.size() : 0)};
}

template <typename Number>
std::string_view digits(Number number, TextRoom& room) {
  return {room.bytes, static_cast<size_t>(std::to_chars(room.bytes, room.bytes + sizeof room.bytes, number).ptr - room.bytes)};
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  bool done() const { return good_ && text_.empty(); }
  int64_t number(size_t digits_min = 1, size_t digits_max = 9) {
    size_t n = 0;
    int64_t out = 0;
    while (n < text_.size() && n < digits_max && text_[n] >= '0' && text_[n] <= '9') out = out * 10 + (text_[n++] - '0');
    if (n < digits_min) good_ = false;
    text_.remove_prefix(n);
    return out;
  }
  bool take(std::string_view what) {
    if (text_.substr(0, what.size()) != what) return false;
    text_.remove_prefix(what.size());
    return true;
  }
  void must(std::string_view what) { good_ = take(what) && good_; }
  int64_t clock() {
    const int64_t hours = number();
    must(":");
    const int64_t minutes = number(2, 2);
    must(":");
    const int64_t seconds = number(2, 2);
    int64_t micros = 0;
    if (take(".")) {
      const size_t before = text_.size();
      micros = number(1, 6);
      for (size_t n = before - text_.size(); n < 6; ++n) micros *= 10;
    }
    return ((hours * 60 + minutes) * 60 + seconds) * 1000000 + micros;
  }

 private:
  std::string_view text_;
  bool good_ = true;
};

std::optional<Civil> parse_civil(std::string_view text, bool with_time) {
  if (text == "infinity") return Civil{kInfinityYear, 1, 1, 0};
  if (text == "-infinity") return Civil{-kInfinityYear, 1, 1, 0};
  Reader in(text);
  Civil out;
  out.year = static_cast<int32_t>(in.number(4, 7));
  in.must("-");
  out.month = static_cast<uint8_t>(in.number(2, 2));
  in.must("-");
  out.day = static_cast<uint8_t>(in.number(2, 2));
  if (with_time) {
    in.must(" ");
    out.micros = in.clock();
  }
  if (in.take(kBeforeChrist)) out.year = 1 - out.year;
  if (!in.done()) return std::nullopt;
  return out;
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number out{};
  const auto r = std::from_chars(text.data(), text.data() + text.size(), out);
  if (r.ec != std::errc() || r.ptr != text.data() + text.size()) return std::nullopt;
  return out;
}

}  // namespace

std::string_view float_text(double value, TextRoom& room) { return digits(value, room); }
std::string_view float_text(float value, TextRoom& room) { return digits(value, room); }

std::string_view uuid_text(std::string_view bytes, TextRoom& room) {
  constexpr char kHex[] = "0123456789abcdef";
  char* p = room.bytes;
  for (size_t i = 0; i < bytes.size() && i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *p++ = '-';
    *p++ = kHex[static_cast<uint8_t>(bytes[i]) >> 4];
    *p++ = kHex[static_cast<uint8_t>(bytes[i]) & 15];
  }
  return {room.bytes, static_cast<size_t>(p - room.bytes)};
}

bool parse_uuid(std::string_view text, char* out) {
  const auto nibble = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size();) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i++] != '-') return false;
      continue;
    }
    const int high = nibble(text[i]), low = nibble(text[i + 1]);
    if (high < 0 || low < 0) return false;
    *out++ = static_cast<char>(high << 4 | low);
    i += 2;
  }
  return true;
}

std::string_view without_zeros(std::string_view decimal) {
  if (decimal.find('.') == std::string_view::npos) return decimal;
  decimal = decimal.substr(0, decimal.find_last_not_of('0') + 1);
  if (decimal.back() == '.') decimal.remove_suffix(1);
  return decimal;
}

std::optional<std::string_view> plain_text(const Value& value, TextRoom& room) {
  switch (value.kind()) {
    case ValueKind::boolean:
    case ValueKind::int64: return digits(value.int64(), room);
    case ValueKind::uint64: return digits(value.uint64(), room);
    case ValueKind::float32: return float_text(value.float32(), room);
    case ValueKind::float64: return float_text(value.float64(), room);
    case ValueKind::date: return civil_text(value.civil(), 0, false, room);
    case ValueKind::datetime:
    case ValueKind::timestamp: return civil_text(value.civil(), value.fsp(), true, room);
    case ValueKind::time: {
      char text[32];
      const std::string_view printed = print_time(value.int64(), value.fsp(), text);
      std::memcpy(room.bytes, printed.data(), printed.size());
      return std::string_view(room.bytes, printed.size());
    }
    case ValueKind::uuid: return value.bytes().size() == 16 ? std::optional(uuid_text(value.bytes(), room)) : std::nullopt;
    case ValueKind::decimal:
    case ValueKind::text:
    case ValueKind::json:
    case ValueKind::interval:
    case ValueKind::array:
    case ValueKind::other: return value.bytes();
    default: return std::nullopt;
  }
}

std::optional<Value> parse_plain(const Column& column, std::string_view text, Arena& arena) {
  const uint8_t fsp = column.scale;
  switch (column.kind) {
    case ValueKind::boolean:
      if (text == "0" || text == "1") return Value::boolean(text == "1");
      return std::nullopt;
    case ValueKind::int64:
      if (const auto n = parse_number<int64_t>(text)) return Value::int64(*n);
      return std::nullopt;
    case ValueKind::uint64:
      if (const auto n = parse_number<uint64_t>(text)) return Value::uint64(*n);
      return std::nullopt;
    case ValueKind::float32:
      if (const auto n = parse_number<float>(text)) return Value::float32(*n);
      return std::nullopt;
    case ValueKind::float64:
      if (const auto n = parse_number<double>(text)) return Value::float64(*n);
      return std::nullopt;
    case ValueKind::date:
      if (const auto c = parse_civil(text, false)) return Value::date(c->year, c->month, c->day);
      return std::nullopt;
    case ValueKind::datetime:
      if (const auto c = parse_civil(text, true)) return Value::datetime(*c, fsp);
      return std::nullopt;
    case ValueKind::timestamp:
      if (const auto c = parse_civil(text, true)) return Value::timestamp(*c, fsp);
      return std::nullopt;
    case ValueKind::time: {
      Reader in(text);
      const bool negative = in.take("-");
      const int64_t micros = in.clock();
      if (!in.done()) return std::nullopt;
      return Value::time(negative ? -micros : micros, fsp);
    }
    case ValueKind::uuid: {
      char* out = arena.allocate(16);
      if (!parse_uuid(text, out)) return std::nullopt;
      return Value::of_bytes(ValueKind::uuid, {out, 16});
    }
    case ValueKind::decimal:
    case ValueKind::text:
    case ValueKind::json:
    case ValueKind::interval:
    case ValueKind::array:
    case ValueKind::other: return Value::of_bytes(column.kind, arena.copy(text));
    default: return std::nullopt;
  }
}

}  // namespace tidemark::mysql
