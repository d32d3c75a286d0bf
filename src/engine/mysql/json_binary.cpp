#include "engine/mysql/json_binary.h"

#include <charconv>
#include <cstring>

#include "base/byte_cursor.h"
#include "engine/mysql/column_type.h"
#include "engine/mysql/decimal.h"
#include "engine/mysql/json_text.h"
#include "engine/mysql/temporal.h"

namespace tidemark::mysql {

namespace {

enum class Tag : uint8_t {
  small_object = 0,
  large_object = 1,
  small_array = 2,
  large_array = 3,
  literal = 4,
  int16 = 5,
  uint16 = 6,
  int32 = 7,
  uint32 = 8,
  int64 = 9,
  uint64 = 10,
  float64 = 11,
  string = 12,
  opaque = 15,
};

uint64_t little(std::string_view bytes, size_t at, size_t n) {
  uint64_t v = 0;
  std::memcpy(&v, bytes.data() + at, n);
  return v;
}

template <typename Integer>
void append_number(Integer v, std::string& out) {
  char text[24];
  auto end = std::to_chars(text, text + sizeof text, v).ptr;
  out.append(text, end);
}

class Printer {
 public:
  // A document takes each of its bytes once. Offsets that lead back into bytes already taken would make a small document print
  // without end, so that the bytes used are counted against its size.
  Printer(size_t size, std::string& out) : budget_(size), out_(out) {}

  bool value(Tag tag, std::string_view data, int depth) {
    switch (tag) {
      case Tag::small_object: return container(data, true, 2, depth + 1);
      case Tag::large_object: return container(data, true, 4, depth + 1);
      case Tag::small_array: return container(data, false, 2, depth + 1);
      case Tag::large_array: return container(data, false, 4, depth + 1);
      case Tag::string: return string(data);
      case Tag::opaque: return opaque(data);
      default: return scalar(tag, data);
    }
  }

 private:
  bool spend(size_t bytes) {
    if (bytes > budget_) return false;
    budget_ -= bytes;
    return true;
  }

  bool scalar(Tag tag, std::string_view data) {
    static constexpr uint8_t kWidth[] = {1, 2, 2, 4, 4, 8, 8, 8};  // from Tag::literal on
    auto place = static_cast<size_t>(tag) - static_cast<size_t>(Tag::literal);
    if (tag < Tag::literal || place >= sizeof kWidth || data.size() < kWidth[place]) return false;
    uint64_t raw = little(data, 0, kWidth[place]);
    switch (tag) {
      case Tag::literal:
        if (raw > 2) return false;
        out_ += raw == 0 ? "null" : raw == 1 ? "true" : "false";
        return true;
      case Tag::int16: append_number(static_cast<int16_t>(raw), out_); return true;
      case Tag::int32: append_number(static_cast<int32_t>(raw), out_); return true;
      case Tag::int64: append_number(static_cast<int64_t>(raw), out_); return true;
      case Tag::float64: append_json_double(std::bit_cast<double>(raw), out_); return true;
      default: append_number(raw, out_); return true;
    }
  }

  /// The length before strings and opaque values: seven bits a byte, lowest first, at most five bytes.
  static bool take_length(std::string_view& data, size_t& length) {
    uint64_t v = 0;
    for (size_t i = 0; i < 5 && i < data.size(); ++i) {
      v |= static_cast<uint64_t>(static_cast<uint8_t>(data[i]) & 0x7F) << (7 * i);
      if ((static_cast<uint8_t>(data[i]) & 0x80) != 0) continue;
      data.remove_prefix(i + 1);
      length = v;
      return v <= data.size();
    }
    return false;
  }

  bool string(std::string_view data) {
    size_t length = 0;
    if (!take_length(data, length) || !spend(length)) return false;
    append_json_string(data.substr(0, length), out_);
    return true;
  }

  bool opaque(std::string_view data) {
    if (data.empty()) return false;
    auto type = static_cast<ColumnType>(data[0]);
    data.remove_prefix(1);
    size_t length = 0;
    if (!take_length(data, length) || !spend(length)) return false;
    data = data.substr(0, length);
    switch (type) {
      case ColumnType::decimal: return decimal(data);
      case ColumnType::date:
      case ColumnType::newdate:
      case ColumnType::datetime:
      case ColumnType::datetime2:
      case ColumnType::timestamp:
      case ColumnType::timestamp2:
      case ColumnType::time:
      case ColumnType::time2: return temporal(type, data);
      default: break;
    }
    out_ += "\"base64:type";
    append_number(static_cast<unsigned>(type), out_);
    out_ += ':';
    append_base64(data, out_);
    out_ += '"';
    return true;
  }

  bool decimal(std::string_view data) {
    if (data.size() < 2) return false;
    auto precision = static_cast<uint8_t>(data[0]), scale = static_cast<uint8_t>(data[1]);
    size_t bytes = json_decimal_bytes(precision, scale);
    if (bytes == 0 || data.size() - 2 < bytes) return false;
    char text[kDecimalTextMax];
    size_t length = print_decimal(data.data() + 2, precision, scale, text);
    out_.append(text, length);
    return length != 0;
  }

  bool temporal(ColumnType type, std::string_view data) {
    if (data.size() < 8) return false;
    auto packed = static_cast<int64_t>(little(data, 0, 8));
    const bool negative = packed < 0;
    uint64_t magnitude = negative ? uint64_t{0} - static_cast<uint64_t>(packed) : static_cast<uint64_t>(packed);
    auto micros = static_cast<int64_t>(magnitude & 0xFFFFFF);
    uint64_t clock = magnitude >> 24;
    const bool is_time = type == ColumnType::time || type == ColumnType::time2;
    uint64_t hour = is_time ? clock >> 12 & 0x3FF : clock >> 12 & 31, minute = clock >> 6 & 63, second = clock & 63;
    int64_t of_day = static_cast<int64_t>(hour * 3600 + minute * 60 + second) * 1000000 + micros;
    if (minute > 59 || second > 59 || micros > 999999) return false;
    char text[32];
    out_ += '"';
    if (is_time) {
      out_ += print_time(negative ? -of_day : of_day, 6, text);
    } else {
      uint64_t ymd = clock >> 17;
      Civil civil{static_cast<int32_t>(ymd >> 5 & 0x3FFFF) / 13, static_cast<uint8_t>((ymd >> 5) % 13), static_cast<uint8_t>(ymd & 31),
                  of_day};
      if (negative || civil.year > 9999) return false;
      bool date_only = type == ColumnType::date || type == ColumnType::newdate;
      out_ += date_only ? print_date(civil, text) : print_datetime(civil, 6, text);
    }
    out_ += '"';
    return true;
  }

  /// `wide` is the width of counts and offsets. Layout: count, size, key entries (offset, 2 bytes length), value entries (tag, offset
  /// or the value itself where it fits), keys, values; offsets count from here.
  bool container(std::string_view data, bool object, size_t wide, int depth) {
    if (depth > kJsonDepthMax || data.size() < 2 * wide) return false;
    const uint64_t count = little(data, 0, wide), size = little(data, wide, wide);
    if (size > data.size()) return false;
    data = data.substr(0, size);
    const size_t key_entry = object ? wide + 2 : 0, value_entry = 1 + wide;
    const size_t head = 2 * wide;
    if (head > size || count > (size - head) / (key_entry + value_entry)) return false;
    if (!spend(head + count * (key_entry + value_entry))) return false;
    const size_t values = head + count * key_entry;
    out_ += object ? '{' : '[';
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) out_ += ", ";
      if (object && !key(data, head + i * key_entry, wide)) return false;
      if (!element(data, values + i * value_entry, wide, depth)) return false;
    }
    out_ += object ? '}' : ']';
    return true;
  }

  bool key(std::string_view data, size_t entry, size_t wide) {
    size_t offset = little(data, entry, wide), length = little(data, entry + wide, 2);
    if (offset > data.size() || length > data.size() - offset || !spend(length)) return false;
    append_json_string(data.substr(offset, length), out_);
    out_ += ": ";
    return true;
  }

  bool element(std::string_view data, size_t entry, size_t wide, int depth) {
    auto tag = static_cast<Tag>(data[entry]);
    bool here = tag == Tag::literal || tag == Tag::int16 || tag == Tag::uint16 || (wide == 4 && (tag == Tag::int32 || tag == Tag::uint32));
    if (here) return scalar(tag, data.substr(entry + 1, wide));
    size_t offset = little(data, entry + 1, wide);
    if (offset >= data.size()) return false;
    return value(tag, data.substr(offset), depth);
  }

  size_t budget_;
  std::string& out_;
};

}  // namespace

bool print_json(std::string_view binary, std::string& out) {
  if (binary.empty()) {
    out += "null";
    return true;
  }
  Printer printer(binary.size(), out);
  return printer.value(static_cast<Tag>(binary[0]), binary.substr(1), 0);
}

}  // namespace tidemark::mysql
