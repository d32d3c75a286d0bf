// Packed decimals, decimals as text, and the packed forms of dates and times, of any bytes. The input: what it is, two parameters, bytes.
// No byte is read behind the value, none is written behind its text; a decimal's text is canonical, and a time's text fits its buffer.
#include <vector>

#include "engine/mysql/decimal.h"
#include "engine/mysql/temporal.h"
#include "must.h"

using namespace tidemark;
using namespace tidemark::mysql;
using tidemark::fuzz::must;

namespace {

void check_canonical(std::string_view text, uint8_t scale) {
  std::vector<char> out(kDecimalTextMax);
  size_t length = 0;
  must(canonical_decimal(text, scale, out.data(), length), "a printed decimal is one");
  must(text == std::string_view(out.data(), length), "a printed decimal is canonical");
}

void packed_decimal(uint8_t precision, uint8_t scale, std::string_view bytes) {
  const size_t width = decimal_bytes(precision, scale);
  if (width == 0 || bytes.size() < width) return;
  const std::vector<char> value(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(width));  // its end is watched
  std::vector<char> out(kDecimalTextMax);
  const size_t length = print_decimal(value.data(), precision, scale, out.data());
  if (length > 0) check_canonical({out.data(), length}, scale);
}

void decimal_text(uint8_t scale, std::string_view text) {
  std::vector<char> out(kDecimalTextMax);
  size_t length = 0;
  if (canonical_decimal(text, scale, out.data(), length)) check_canonical({out.data(), length}, scale);
}

void check_print(const Value& value) {
  char out[32];
  size_t length = 0;
  if (value.kind() == ValueKind::time)
    length = print_time(value.int64(), value.fsp(), out).size();
  else if (value.kind() == ValueKind::date)
    length = print_date(value.civil(), out).size();
  else
    length = print_datetime(value.civil(), value.fsp(), out).size();
  must(length >= 8 && length <= sizeof out, "a time's text fits");
}

void temporal(uint8_t form, uint8_t fsp, std::string_view bytes) {
  if (bytes.size() < 8) return;
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  form %= 10;
  const auto digits = static_cast<uint8_t>(fsp == 0 ? 1 : fsp);
  const size_t length = form == 6   ? mariadb_time_bytes(digits)
                        : form == 7 ? mariadb_datetime_bytes(digits)
                        : form == 8 ? 4 + fraction_bytes(digits)
                                    : (form == 0   ? 4
                                       : form == 1 ? 5
                                                   : 3) +
                                          fraction_bytes(fsp);
  const std::vector<char> exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
  Value value;
  switch (form) {
    case 0:
      if (timestamp2_value(exact.data(), fsp, value)) check_print(value);
      break;
    case 1:
      if (datetime2_value(exact.data(), fsp, value)) check_print(value);
      break;
    case 2:
      if (time2_value(exact.data(), fsp, value)) check_print(value);
      break;
    case 3: check_print(date_value(static_cast<uint32_t>(number) & 0xFFFFFF)); break;
    case 4:
      if (old_datetime_value(number, value)) check_print(value);
      break;
    case 5:
      if (old_time_value(static_cast<uint32_t>(number) & 0xFFFFFF, value)) check_print(value);
      break;
    case 6:
      if (mariadb_time_value(exact.data(), digits, value)) check_print(value);
      break;
    case 7:
      if (mariadb_datetime_value(exact.data(), digits, value)) check_print(value);
      break;
    case 8:
      if (mariadb_timestamp_value(exact.data(), digits, value)) check_print(value);
      break;
    default: check_print(timestamp_value(static_cast<uint32_t>(number), static_cast<uint32_t>((number >> 32) % 1000000), fsp)); break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const std::string_view bytes = fuzz::text_of(data + 3, size - 3);
  switch (data[0] % 3) {
    case 0: packed_decimal(data[1], data[2], bytes); break;
    case 1: decimal_text(data[1], bytes); break;
    default: temporal(data[1], data[2] % 7, bytes); break;
  }
  return 0;
}
