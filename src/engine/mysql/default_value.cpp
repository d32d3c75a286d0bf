#include "engine/mysql/default_value.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "tidemark/key.h"

namespace tidemark::mysql {

namespace {

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
  Number n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

/// A literal as MariaDB writes it, or nothing.
std::optional<std::string> unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '\'' || text.back() != '\'') return std::nullopt;
  // the same form as that of an ENUM with one member
  const std::vector<std::string> labels = parse_labels("enum(" + std::string(text) + ")");
  if (labels.size() != 1) return std::nullopt;
  return labels.front();
}

/// "hh:mm:ss[.ffffff]" in microseconds, hours with any number of digits.
std::optional<int64_t> clock_micros(std::string_view text) {
  const size_t first = text.find(':'), second = text.find(':', first + 1), dot = text.find('.');
  if (second == std::string_view::npos) return std::nullopt;
  const auto hours = whole_number<uint32_t>(text.substr(0, first)),
             minutes = whole_number<uint32_t>(text.substr(first + 1, second - first - 1)),
             seconds = whole_number<uint32_t>(text.substr(second + 1, dot == std::string_view::npos ? dot : dot - second - 1));
  if (!hours || !minutes || !seconds) return std::nullopt;
  int64_t micros = 0;
  if (dot != std::string_view::npos) {
    std::string digits(text.substr(dot + 1));
    digits.resize(6, '0');
    const auto fraction = whole_number<uint32_t>(digits);
    if (!fraction) return std::nullopt;
    micros = *fraction;
  }
  return ((int64_t{*hours} * 60 + *minutes) * 60 + *seconds) * 1000000 + micros;
}

std::optional<Civil> day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = whole_number<uint16_t>(text.substr(0, 4)), month = whole_number<uint16_t>(text.substr(5, 2)),
             date = whole_number<uint16_t>(text.substr(8, 2));
  if (!year || !month || !date) return std::nullopt;
  return Civil{*year, static_cast<uint8_t>(*month), static_cast<uint8_t>(*date), 0};
}

/// The canonical form, see ValueKind::decimal.
std::optional<std::string> decimal(std::string_view text, uint8_t scale) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  const size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot), fraction = dot == std::string_view::npos ? "" : text.substr(dot + 1);
  const auto digits = [](std::string_view s) { return std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; }); };
  if (whole.empty() || fraction.size() != scale || !digits(whole) || !digits(fraction)) return std::nullopt;
  std::string out(whole.substr(std::min(whole.find_first_not_of('0'), whole.size() - 1)));
  if (scale != 0) out.append(".").append(fraction);
  return negative && out.find_first_of("123456789") != std::string::npos ? "-" + out : out;
}

/// b'101' as bytes.
std::optional<std::string> bits(std::string_view text, uint32_t length) {
  if (text.size() < 3 || text.substr(0, 2) != "b'" || text.back() != '\'') return std::nullopt;
  uint64_t value = 0;
  for (const char c : text.substr(2, text.size() - 3)) {
    if (c != '0' && c != '1') return std::nullopt;
    value = value << 1 | static_cast<uint64_t>(c - '0');
  }
  std::string out((length + 7) / 8, '\0');
  for (size_t i = out.size(); i-- > 0; value >>= 8) out[i] = static_cast<char>(value & 0xFF);
  return out;
}

/// MySQL prints the bytes of binary columns as 0x...; MariaDB as a string, of which only ASCII is sure to be what is stored.
std::optional<std::string> binary(std::string_view text, const Column& column, bool is_mariadb) {
  std::string out;
  if (is_mariadb) {
    if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) < 0; })) return std::nullopt;
    out = text;
  } else {
    if (text.size() < 2 || text.size() % 2 != 0 || text.substr(0, 2) != "0x") return std::nullopt;
    for (size_t i = 2; i < text.size(); i += 2) {
      uint8_t byte = 0;
      if (std::from_chars(text.data() + i, text.data() + i + 2, byte, 16).ptr != text.data() + i + 2) return std::nullopt;
      out.push_back(static_cast<char>(byte));
    }
  }
  if (column.fixed_length) out.resize(column.length, '\0');
  return out;
}

/// Numbers, dates and times: those whose text says everything. A TIMESTAMP's does not say its time zone, a FLOAT's is rounded.
std::optional<Value> plain_value(std::string_view text, const Column& column) {
  switch (column.kind) {
    case ValueKind::int64:
      if (const auto n = whole_number<int64_t>(text)) return Value::int64(*n);
      break;
    case ValueKind::uint64:
      if (const auto n = whole_number<uint64_t>(text)) return Value::uint64(*n);
      break;
    case ValueKind::date:
      if (const auto d = day(text)) return Value::date(d->year, d->month, d->day);
      break;
    case ValueKind::datetime: {
      if (text.size() < 19) break;
      auto d = day(text.substr(0, 10));
      const auto clock = clock_micros(text.substr(11));
      if (!d || !clock) break;
      d->micros = *clock;
      return Value::datetime(*d, column.scale);
    }
    case ValueKind::time: {
      const bool negative = text.substr(0, 1) == "-";
      if (const auto clock = clock_micros(text.substr(negative ? 1 : 0))) return Value::time(negative ? -*clock : *clock, column.scale);
      break;
    }
    default: break;
  }
  return std::nullopt;
}

}  // namespace

std::string constant_default(const ColumnFacts& facts, const Column& column, bool is_mariadb) {
  std::string encoded;
  const auto bytes = [&](const std::optional<std::string>& value) {
    if (value) encode_value(Value::of_bytes(column.kind, *value), encoded);
    return encoded;
  };
  const bool expression = facts.extra.find("DEFAULT_GENERATED") != std::string::npos;  // MySQL; such values are in the log
  const bool none = !facts.default_text || (is_mariadb && *facts.default_text == "NULL");
  if (expression || column.auto_increment) return {};
  if (none) {
    if (column.nullable) encode_value(Value::null(), encoded);
    return encoded;
  }
  std::string text = *facts.default_text;
  const std::optional<std::string> literal = is_mariadb ? unquoted(text) : std::nullopt;
  if (literal) text = *literal;
  if (const auto value = plain_value(text, column)) {
    encode_value(*value, encoded);
    return encoded;
  }
  if (column.kind == ValueKind::decimal) return bytes(decimal(text, column.scale));
  if (column.kind == ValueKind::bits) return bytes(bits(text, column.length));
  if (is_mariadb && !literal) return {};  // an expression
  if (column.kind == ValueKind::bytes) return bytes(binary(text, column, is_mariadb));
  if (column.kind != ValueKind::text || column.native_type.starts_with("inet")) return {};
  if (column.fixed_length) text.erase(text.find_last_not_of(' ') + 1);
  return bytes(text);
}

}  // namespace tidemark::mysql
