#include "engine/mysql/row_decoder.h"

#include <bit>
#include <cstring>
#include <utility>

#include "engine/mysql/decimal.h"
#include "engine/mysql/inet.h"
#include "engine/mysql/json_binary.h"
#include "engine/mysql/json_diff.h"
#include "engine/mysql/payload.h"
#include "engine/mysql/table_agreement.h"
#include "engine/mysql/temporal.h"

namespace tidemark::mysql {

namespace {

constexpr const char* kTooShort = "value is longer than the event";

template <typename T>
T load(const char* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

uint32_t load24(const char* p) { return load<uint16_t>(p) | static_cast<uint32_t>(static_cast<uint8_t>(p[2])) << 16; }

uint64_t load_little(const char* p, size_t n) {
  switch (n) {
    case 1: return load<uint8_t>(p);
    case 2: return load<uint16_t>(p);
    case 3: return load24(p);
    case 4: return load<uint32_t>(p);
    default: break;
  }
  uint64_t v = 0;
  std::memcpy(&v, p, n <= 8 ? n : 0);
  return v;
}

bool bit_of(const char* bits, size_t i) { return (static_cast<uint8_t>(bits[i / 8]) >> (i % 8) & 1) != 0; }

bool decimal_value(const char* p, const RowStep& step, Arena& arena, Value& out) {
  char text[kDecimalTextMax];
  size_t length = print_decimal(p, step.prefix, step.scale, text);
  out = Value::of_bytes(ValueKind::decimal, arena.copy({text, length}));
  return length != 0;
}

std::string_view padded(std::string_view bytes, size_t width, Arena& arena) {
  if (bytes.size() >= width) return bytes;
  char* p = arena.allocate(width);
  if (!bytes.empty()) std::memcpy(p, bytes.data(), bytes.size());
  std::memset(p + bytes.size(), 0, width - bytes.size());
  return {p, width};
}

/// Copied: the next file of the log ends the decoder and its labels, while the batch with the value goes on.
bool enum_value(const char* p, const RowStep& step, const StepLabels& labels, Arena& arena, Value& out) {
  uint64_t index = load_little(p, step.prefix);
  if (index > step.width) return false;
  out = Value::of_bytes(step.kind, index == 0 ? std::string_view() : arena.copy(labels[step.labels + index - 1]));
  return true;
}

bool set_value(const char* p, const RowStep& step, const StepLabels& labels, std::string& scratch, Arena& arena, Value& out) {
  uint64_t bits = load_little(p, step.prefix);
  if (step.width < 64 && bits >> step.width != 0) return false;
  scratch.clear();
  for (size_t i = 0; bits != 0; ++i, bits >>= 1) {
    if ((bits & 1) == 0) continue;
    if (!scratch.empty()) scratch += ',';
    scratch += labels[step.labels + i];
  }
  out = Value::of_bytes(step.kind, arena.copy(scratch));
  return true;
}

/// Values with a length in front that are not taken as they are.
const char* special_value(std::string_view bytes, const RowStep& step, std::string& scratch, Arena& arena, Value& out) {
  switch (step.code) {
    case StepCode::json_binary:
      scratch.clear();
      if (!print_json(bytes, scratch)) return "JSON is malformed";
      out = Value::of_bytes(ValueKind::json, arena.copy(scratch));
      return nullptr;
    case StepCode::uuid:
      out = Value::of_bytes(ValueKind::uuid, uuid_from_storage(padded(bytes, step.width, arena), arena));
      return bytes.size() <= step.width ? nullptr : "value is longer than its type";
    case StepCode::inet4:
    case StepCode::inet6: {
      char text[kInetTextMax];
      if (bytes.size() > step.width) return "value is longer than its type";
      bytes = padded(bytes, step.width, arena);
      out = Value::of_bytes(step.kind,
                            arena.copy(step.code == StepCode::inet4 ? print_inet4(bytes.data(), text) : print_inet6(bytes.data(), text)));
      return nullptr;
    }
    case StepCode::compressed:
      scratch.clear();
      if (!inflate_column(bytes, step.width, scratch)) return "compressed value cannot be unpacked";
      // converted from the arena's copy, so that what is not changed by the conversion lives there
      bytes = arena.copy(scratch);
      out = Value::of_bytes(step.kind, step.charset == nullptr ? bytes : step.charset->to_utf8(bytes, arena));
      return nullptr;
    default: return "cannot be decoded";
  }
}

}  // namespace

RowDecoder::RowDecoder(const TableMap& map, SchemaRef schema, const ServerKind& server)
    : schema_(std::move(schema)), table_(map.database + "." + map.table) {
  check_agreement(map, *schema_, server);
  compile_steps(map, schema_.get(), server, steps_, labels_);
  for (const RowStep& step : steps_) {
    if (step.json) ++json_columns_;
    bool fixed_bytes = step.code == StepCode::bits;
    bool copies = step.code == StepCode::json_binary || step.code == StepCode::compressed;
    if (step.column >= 0 && (fixed_bytes || (step.prefix != 0 && step.code >= StepCode::borrowed && !copies))) borrows_ = true;
  }
}

RowDecoder RowDecoder::skipper(const TableMap& map, const ServerKind& server) {
  RowDecoder decoder;
  decoder.table_ = map.database + "." + map.table;
  compile_steps(map, nullptr, server, decoder.steps_, decoder.labels_);
  for (const RowStep& step : decoder.steps_) decoder.json_columns_ += step.json ? 1 : 0;
  return decoder;
}

bool RowDecoder::fail(const char* why) {
  error_kind_ = ErrorKind::corrupt;
  error_ = "table " + printable(table_) + ": " + why;
  error_hint_.clear();
  return false;
}

bool RowDecoder::fail_unsupported(const char* why, const char* hint) {
  fail(why);
  error_kind_ = ErrorKind::unsupported;
  error_hint_ = hint;
  return false;
}

bool RowDecoder::fail_at(size_t column, const char* why) {
  std::string name = "@" + std::to_string(column + 1);
  if (schema_ != nullptr && steps_[column].column >= 0) name = schema_->columns[static_cast<size_t>(steps_[column].column)].name;
  error_kind_ = ErrorKind::corrupt;
  error_ = "table " + printable(table_) + ", column " + printable(name) + ": " + why;
  error_hint_.clear();
  return false;
}

ImageColumns RowDecoder::columns_of(std::string_view bitmap) const {
  ImageColumns columns;
  columns.bitmap = bitmap;
  for (size_t i = 0; i < steps_.size(); ++i) columns.count += bit_of(bitmap.data(), i) ? 1 : 0;
  columns.all = columns.count == steps_.size();
  return columns;
}

bool RowDecoder::decode(const char*& at, const char* end, const ImageColumns& columns, const char* partial, const Value* before, Value* row,
                        Arena& arena) {
  const char* p = at;
  const size_t null_bytes = (columns.count + 7) / 8;
  if (static_cast<size_t>(end - p) < null_bytes) return fail("row image ends in its NULL bitmap");
  const char* nulls = p;
  p += null_bytes;
  size_t in_image = 0, json = 0;
  const size_t n = steps_.size();
  for (size_t i = 0; i < n; ++i) {
    const RowStep& step = steps_[i];
    const bool diff = step.json && partial != nullptr && bit_of(partial, json);
    json += step.json ? 1 : 0;
    if (!columns.all && !bit_of(columns.bitmap.data(), i)) continue;
    const bool is_null = bit_of(nulls, in_image++);
    const bool wanted = step.column >= 0;
    if (is_null) {
      if (wanted) row[step.column] = Value::null();
      continue;
    }
    // Fixed widths first: one check, then the value is loaded without another one.
    const auto left = static_cast<size_t>(end - p);
    if (step.code < StepCode::borrowed || step.code == StepCode::enumeration || step.code == StepCode::set) {
      const size_t width = step.code == StepCode::enumeration || step.code == StepCode::set ? step.prefix
                           : step.code == StepCode::skip_prefixed                           ? 0
                                                                                            : step.width;
      if (left < width) return fail_at(i, kTooShort);
      if (step.code == StepCode::skip_prefixed) {
        if (left < step.prefix) return fail_at(i, kTooShort);
        uint64_t length = load_little(p, step.prefix);
        if (length > left - step.prefix) return fail_at(i, kTooShort);
        p += step.prefix + length;
        continue;
      }
      Value& out = row[wanted ? step.column : 0];
      switch (step.code) {
        case StepCode::int8: out = Value::int64(load<int8_t>(p)); break;
        case StepCode::uint8: out = Value::uint64(load<uint8_t>(p)); break;
        case StepCode::int16: out = Value::int64(load<int16_t>(p)); break;
        case StepCode::uint16: out = Value::uint64(load<uint16_t>(p)); break;
        case StepCode::int24: out = Value::int64(static_cast<int32_t>(load24(p) << 8) >> 8); break;
        case StepCode::uint24: out = Value::uint64(load24(p)); break;
        case StepCode::int32: out = Value::int64(load<int32_t>(p)); break;
        case StepCode::uint32: out = Value::uint64(load<uint32_t>(p)); break;
        case StepCode::int64: out = Value::int64(load<int64_t>(p)); break;
        case StepCode::uint64: out = Value::uint64(load<uint64_t>(p)); break;
        case StepCode::float32: out = Value::float32(load<float>(p)); break;
        case StepCode::float64: out = Value::float64(load<double>(p)); break;
        case StepCode::year: {
          auto year = load<uint8_t>(p);
          out = Value::int64(year == 0 ? 0 : 1900 + year);
          break;
        }
        case StepCode::date: out = date_value(load24(p)); break;
        case StepCode::old_time:
          if (!old_time_value(load24(p), out)) return fail_at(i, "no such time");
          break;
        case StepCode::old_datetime:
          if (!old_datetime_value(load<uint64_t>(p), out)) return fail_at(i, "no such date and time");
          break;
        case StepCode::old_timestamp: out = timestamp_value(load<uint32_t>(p), 0, 0); break;
        case StepCode::mariadb_time:
          if (!mariadb_time_value(p, step.scale, out)) return fail_at(i, "no such time");
          break;
        case StepCode::mariadb_datetime:
          if (!mariadb_datetime_value(p, step.scale, out)) return fail_at(i, "no such date and time");
          break;
        case StepCode::mariadb_timestamp:
          if (!mariadb_timestamp_value(p, step.scale, out)) return fail_at(i, "no such timestamp");
          break;
        case StepCode::time2:
          if (!time2_value(p, step.scale, out)) return fail_at(i, "no such time");
          break;
        case StepCode::datetime2:
          if (!datetime2_value(p, step.scale, out)) return fail_at(i, "no such date and time");
          break;
        case StepCode::timestamp2:
          if (!timestamp2_value(p, step.scale, out)) return fail_at(i, "no such timestamp");
          break;
        case StepCode::decimal:
          if (!decimal_value(p, step, arena, out)) return fail_at(i, "no such decimal");
          break;
        case StepCode::bits: out = Value::of_bytes(ValueKind::bits, {p, width}); break;
        case StepCode::enumeration:
          if (!enum_value(p, step, labels_, arena, out)) return fail_at(i, "ENUM index beyond its labels");
          break;
        case StepCode::set:
          if (!set_value(p, step, labels_, scratch_, arena, out)) return fail_at(i, "SET member beyond its labels");
          break;
        default: break;  // skip_fixed
      }
      p += width;
      continue;
    }
    if (left < step.prefix) return fail_at(i, kTooShort);
    const uint64_t length = load_little(p, step.prefix);
    if (length > left - step.prefix) return fail_at(i, kTooShort);
    const std::string_view bytes(p + step.prefix, length);
    p += step.prefix + length;
    Value& out = row[step.column];
    switch (step.code) {
      case StepCode::borrowed: out = Value::of_bytes(step.kind, bytes); break;
      case StepCode::text: out = Value::of_bytes(step.kind, step.charset->to_utf8(bytes, arena)); break;
      case StepCode::padded: out = Value::of_bytes(step.kind, padded(bytes, step.width, arena)); break;
      default:
        if (diff) {
          if (!decode_partial_json(bytes, i, before, out, arena)) return false;
        } else if (const char* why = special_value(bytes, step, scratch_, arena, out); why != nullptr) {
          return fail_at(i, why);
        }
    }
  }
  at = p;
  return true;
}

bool RowDecoder::skip(const char*& at, const char* end, const ImageColumns& columns) {
  const char* p = at;
  const size_t null_bytes = (columns.count + 7) / 8;
  if (static_cast<size_t>(end - p) < null_bytes) return fail("row image ends in its NULL bitmap");
  const char* nulls = p;
  p += null_bytes;
  size_t in_image = 0;
  for (size_t i = 0; i < steps_.size(); ++i) {
    if (!columns.all && !bit_of(columns.bitmap.data(), i)) continue;
    if (bit_of(nulls, in_image++)) continue;
    const RowStep& step = steps_[i];
    const auto left = static_cast<size_t>(end - p);
    uint64_t length = step.width;
    if (step.code == StepCode::skip_prefixed) {
      if (left < step.prefix) return fail_at(i, kTooShort);
      length = load_little(p, step.prefix) + step.prefix;
    }
    if (length > left) return fail_at(i, kTooShort);
    p += length;
  }
  at = p;
  return true;
}

bool RowDecoder::decode_partial_json(std::string_view diffs, size_t column, const Value* before, Value& out, Arena& arena) {
  const Value* old = before == nullptr ? nullptr : &before[steps_[column].column];
  if (diffs.empty() && (old == nullptr || old->is_absent())) return true;  // no difference: it stays what it was, and absent here
  scratch_.clear();
  std::string why = "the row image before the change does not hold this column";
  if (old != nullptr && old->kind() == ValueKind::json && apply_json_diffs(old->bytes(), diffs, scratch_, why)) {
    out = Value::of_bytes(ValueKind::json, arena.copy(scratch_));
    return true;
  }
  fail_at(column, ("partial JSON update cannot be applied: " + why).c_str());
  error_kind_ = ErrorKind::unsupported;
  error_hint_ = "SET PERSIST binlog_row_value_options=''";
  return false;
}

}  // namespace tidemark::mysql
