#include "engine/postgres/value_decoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>

#include "engine/postgres/moment_text.h"

namespace tidemark::postgres {
namespace {

bool is_one_of(std::string_view name, std::string_view native) {
  return native.substr(0, name.size()) == name && (native.size() == name.size() || native[name.size()] == '(');
}

template <typename Int>
bool parse_integer(std::string_view text, Int& out) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && at == end;
}

/// from_chars takes "nan" and "inf" too, which the server does not print: it prints the three names.
template <typename Float>
bool parse_float(std::string_view text, Float& out) {
  constexpr Float kInfinity = std::numeric_limits<Float>::infinity();
  if (text == "NaN") return out = std::numeric_limits<Float>::quiet_NaN(), true;
  if (text == "Infinity") return out = kInfinity, true;
  if (text == "-Infinity") return out = -kInfinity, true;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && at == end && out - out == 0;
}

/// lc_monetary is pinned to C: "-$1,234.50".
bool money_text(std::string_view text, Value& out, Arena& arena) {
  char* const to = arena.allocate(text.size());
  size_t n = 0;
  size_t at = 0;
  if (text[0] == '-') to[n++] = text[at++];
  if (at == text.size() || text[at++] != '$') return false;
  for (; at < text.size(); ++at) {
    if (text[at] != ',') to[n++] = text[at];
  }
  out = Value::of_bytes(ValueKind::decimal, {to, n});
  return true;
}

/// Optional '-', digits, and with a point at least one fraction digit. Gives the number of these, -1 for anything else.
int fraction_digits(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const auto run = [&] {
    const char* const from = p;
    while (p < end && *p >= '0' && *p <= '9') ++p;
    return p - from;
  };
  if (p < end && *p == '-') ++p;
  if (run() == 0) return -1;
  if (p == end) return 0;
  if (*p++ != '.') return -1;
  const auto digits = run();
  return p == end && digits > 0 ? static_cast<int>(digits) : -1;
}

bool is_special_decimal(std::string_view text) { return text == "NaN" || text == "Infinity" || text == "-Infinity"; }

constexpr uint8_t kNoDigit = 0xff;
constexpr std::array<uint8_t, 256> kHexDigits = [] {
  std::array<uint8_t, 256> out{};
  for (uint8_t& digit : out) digit = kNoDigit;
  for (uint8_t i = 0; i < 10; ++i) out['0' + i] = i;
  for (uint8_t i = 0; i < 6; ++i) out['a' + i] = out['A' + i] = static_cast<uint8_t>(10 + i);
  return out;
}();

/// Two hexadecimal digits; above 0xff when they are none.
unsigned hex_byte(const char* p) {
  const unsigned high = kHexDigits[static_cast<uint8_t>(p[0])], low = kHexDigits[static_cast<uint8_t>(p[1])];
  return (high | low) == kNoDigit ? 0x100 : high << 4 | low;
}

/// bytea_output is pinned to hex: "\x00ff".
bool bytea_text(std::string_view text, Value& out, Arena& arena) {
  if (text.size() < 2 || text[0] != '\\' || text[1] != 'x' || text.size() % 2 != 0) return false;
  const size_t size = text.size() / 2 - 1;
  char* const to = arena.allocate(size);
  unsigned seen = 0;
  for (size_t i = 0; i < size; ++i) {
    const unsigned byte = hex_byte(text.data() + 2 + 2 * i);
    seen |= byte;
    to[i] = static_cast<char>(byte);
  }
  out = Value::of_bytes(ValueKind::bytes, {to, size});
  return seen <= 0xff;
}

bool uuid_text(std::string_view text, Value& out, Arena& arena) {
  if (text.size() != 36) return false;
  char* const to = arena.allocate(16);
  size_t at = 0;
  for (size_t i = 0; i < 16; ++i, at += 2) {
    if ((i == 4 || i == 6 || i == 8 || i == 10) && text[at++] != '-') return false;
    const unsigned byte = hex_byte(text.data() + at);
    if (byte > 0xff) return false;
    to[i] = static_cast<char>(byte);
  }
  out = Value::of_bytes(ValueKind::uuid, {to, 16});
  return true;
}

bool bit_text(std::string_view text, Value& out, Arena& arena) {
  const size_t size = (text.size() + 7) / 8;
  char* const to = arena.allocate(size);
  size_t bit = size * 8 - text.size();  // right-aligned
  if (size > 0) std::memset(to, 0, size);
  for (char c : text) {
    if (c != '0' && c != '1') return false;
    to[bit / 8] = static_cast<char>(static_cast<uint8_t>(to[bit / 8]) | (c - '0') << (7 - bit % 8));
    ++bit;
  }
  out = Value::of_bytes(ValueKind::bits, {to, size});
  return true;
}

}  // namespace

bool binary_is_exact(const Column& column) {
  const std::string_view native = column.native_type;
  switch (column.kind) {
    case ValueKind::boolean:
    case ValueKind::int64:
    case ValueKind::uint64:
    case ValueKind::float32:
    case ValueKind::float64:
    case ValueKind::bytes:
    case ValueKind::uuid:
    case ValueKind::json:
    case ValueKind::date:
    case ValueKind::time:
    case ValueKind::datetime:
    case ValueKind::timestamp:
    case ValueKind::interval:
    case ValueKind::bits: return true;
    // money is a decimal too, and a domain may be over either
    case ValueKind::decimal: return is_one_of("numeric", native);
    // and the binary form of xml or tsvector is not its text
    case ValueKind::text:
      return !column.labels.empty() || is_one_of("text", native) || is_one_of("character varying", native) ||
             is_one_of("character", native) || is_one_of("bpchar", native) || is_one_of("name", native);
    default: return false;
  }
}

bool binary_is_exact(Oid type) {
  constexpr std::array<Oid, 22> kExact = {16,   17,   19,   20,   21,   23,   25,   26,   114,  700,  701,
                                          1042, 1043, 1082, 1083, 1114, 1184, 1186, 1560, 1700, 2950, 3802};
  return std::find(kExact.begin(), kExact.end(), type) != kExact.end();
}

FieldDecoder::FieldDecoder(const Column& column)
    : kind_(column.kind), scale_(column.scale), scaled_(column.kind == ValueKind::decimal && column.length > 0), length_(column.length) {}

bool FieldDecoder::text(std::string_view field, Value& out, Arena& arena) const {
  switch (kind_) {
    case ValueKind::int64: {
      int64_t v = 0;
      if (!parse_integer(field, v)) return false;
      out = Value::int64(v);
      return true;
    }
    case ValueKind::uint64: {
      uint64_t v = 0;
      if (!parse_integer(field, v)) return false;
      out = Value::uint64(v);
      return true;
    }
    case ValueKind::boolean:
      if (field != "t" && field != "f") return false;
      out = Value::boolean(field[0] == 't');
      return true;
    case ValueKind::float32: {
      float v = 0;
      if (!parse_float(field, v)) return false;
      out = Value::float32(v);
      return true;
    }
    case ValueKind::float64: {
      double v = 0;
      if (!parse_float(field, v)) return false;
      out = Value::float64(v);
      return true;
    }
    case ValueKind::decimal: {
      if (field.find('$') != std::string_view::npos) {
        if (!money_text(field, out, arena)) return false;
      } else {
        out = Value::of_bytes(ValueKind::decimal, field);
        if (is_special_decimal(field)) return true;
      }
      const int digits = fraction_digits(out.bytes());
      return digits >= 0 && (!scaled_ || digits == scale_);
    }
    case ValueKind::date: {
      Civil c;
      if (!parse_date(field, c)) return false;
      out = Value::date(c.year, c.month, c.day);
      return true;
    }
    case ValueKind::datetime:
    case ValueKind::timestamp: {
      Civil c;
      if (!parse_moment(field, kind_ == ValueKind::timestamp, c)) return false;
      out = kind_ == ValueKind::timestamp ? Value::timestamp(c, scale_) : Value::datetime(c, scale_);
      return true;
    }
    case ValueKind::time: {
      int64_t micros = 0;
      if (!parse_time_of_day(field, micros)) return false;
      out = Value::time(micros, scale_);
      return true;
    }
    case ValueKind::bytes: return bytea_text(field, out, arena);
    case ValueKind::uuid: return uuid_text(field, out, arena);
    case ValueKind::bits: return (length_ == 0 || field.size() == length_) && bit_text(field, out, arena);
    case ValueKind::interval:
      // another IntervalStyle would show itself here
      if (field.empty() || (field[0] != 'P' && field != "infinity" && field != "-infinity")) return false;
      [[fallthrough]];
    case ValueKind::text:
    case ValueKind::json:
    case ValueKind::array:
    case ValueKind::other: out = Value::of_bytes(kind_, field); return true;
    default: return false;
  }
}

Error malformed_field(const TableName& table, const Column& column) {
  return Error(ErrorKind::corrupt, fmt::format("reading column {} of {}", printable(column.name), printable(table.text())),
               fmt::format("the server sent what is no value of type {}", printable(column.native_type)));
}

}  // namespace tidemark::postgres
