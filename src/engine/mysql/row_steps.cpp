#include "engine/mysql/row_steps.h"

#include <fmt/format.h>

#include "engine/mysql/decimal.h"
#include "engine/mysql/temporal.h"
#include "tidemark/error.h"

namespace tidemark::mysql {

namespace {

constexpr uint32_t kInetBytes4 = 4, kInetBytes6 = 16, kUuidBytes = 16;

uint32_t fixed_width(const MapColumn& column) {
  switch (column.type) {
    case ColumnType::tiny:
    case ColumnType::year: return 1;
    case ColumnType::short_int: return 2;
    case ColumnType::int24:
    case ColumnType::date:
    case ColumnType::newdate:
    case ColumnType::time: return 3;
    case ColumnType::long_int:
    case ColumnType::float32:
    case ColumnType::timestamp: return 4;
    case ColumnType::longlong:
    case ColumnType::float64:
    case ColumnType::datetime: return 8;
    case ColumnType::timestamp2: return static_cast<uint32_t>(4 + fraction_bytes(static_cast<uint8_t>(column.meta)));
    case ColumnType::datetime2: return static_cast<uint32_t>(5 + fraction_bytes(static_cast<uint8_t>(column.meta)));
    case ColumnType::time2: return static_cast<uint32_t>(3 + fraction_bytes(static_cast<uint8_t>(column.meta)));
    case ColumnType::bit: return (column.meta + 7u) / 8u;
    case ColumnType::decimal:
      return static_cast<uint32_t>(decimal_bytes(static_cast<uint8_t>(column.meta >> 8), static_cast<uint8_t>(column.meta)));
    case ColumnType::enumeration:
    case ColumnType::set: return column.meta;
    default: return 0;
  }
}

/// Bytes of the length before a value.
uint8_t length_bytes(const MapColumn& column) {
  switch (column.type) {
    case ColumnType::varchar:
    case ColumnType::var_string:
    case ColumnType::string:
    case ColumnType::mariadb_varchar_compressed: return column.meta > 255 ? 2 : 1;
    case ColumnType::tiny_blob:
    case ColumnType::medium_blob:
    case ColumnType::long_blob:
    case ColumnType::blob:
    case ColumnType::mariadb_blob_compressed:
    case ColumnType::geometry:
    case ColumnType::json:
    case ColumnType::vector: return static_cast<uint8_t>(column.meta);
    default: return 0;
  }
}

/// False: no such type, or one of which the log says too little.
bool is_understood(const MapColumn& column) {
  const uint16_t meta = column.meta;
  switch (column.type) {
    case ColumnType::bit: return meta >= 1 && meta <= 64;
    case ColumnType::enumeration: return meta == 1 || meta == 2;
    case ColumnType::set: return (meta >= 1 && meta <= 4) || meta == 8;  // what servers store
    case ColumnType::timestamp2:
    case ColumnType::datetime2:
    case ColumnType::time2: return meta <= 6;
    case ColumnType::float32: return meta == 4;
    case ColumnType::float64: return meta == 8;
    case ColumnType::tiny_blob:
    case ColumnType::medium_blob:
    case ColumnType::long_blob:
    case ColumnType::blob:
    case ColumnType::mariadb_blob_compressed:
    case ColumnType::geometry:
    case ColumnType::json:
    case ColumnType::vector: return meta >= 1 && meta <= 4;
    default: return fixed_width(column) != 0 || length_bytes(column) != 0;
  }
}

[[noreturn]] void refuse(const TableMap& map, size_t i, const std::string& cause, const std::string& hint) {
  const std::string& name = map.columns[i].name;
  throw Error(ErrorKind::unsupported,
              fmt::format("table {}.{}, column {}", printable(map.database), printable(map.table),
                          name.empty() ? "@" + std::to_string(i + 1) : printable(name)),
              cause, hint);
}

StepCode integer_code(ColumnType type, bool is_unsigned) {
  switch (type) {
    case ColumnType::tiny: return is_unsigned ? StepCode::uint8 : StepCode::int8;
    case ColumnType::short_int: return is_unsigned ? StepCode::uint16 : StepCode::int16;
    case ColumnType::int24: return is_unsigned ? StepCode::uint24 : StepCode::int24;
    case ColumnType::long_int: return is_unsigned ? StepCode::uint32 : StepCode::int32;
    default: return is_unsigned ? StepCode::uint64 : StepCode::int64;
  }
}

void compile_bytes(RowStep& step, const MapColumn& from, const Column& to) {
  const bool is_text = !to.charset.empty() && to.charset != "binary";
  step.kind = to.kind;
  step.code = StepCode::borrowed;
  if (to.kind == ValueKind::uuid) {
    step.code = StepCode::uuid;
    step.width = kUuidBytes;
  } else if (to.native_type.starts_with("inet4")) {
    step.code = StepCode::inet4;
    step.width = kInetBytes4;
  } else if (to.native_type.starts_with("inet6")) {
    step.code = StepCode::inet6;
    step.width = kInetBytes6;
  } else if (is_text) {
    const Charset* charset = charset_by_name(to.charset);
    if (charset != nullptr && !charset->passes_through()) {
      step.code = StepCode::text;
      step.charset = charset;
    }
  } else if (from.type == ColumnType::string) {
    step.code = StepCode::padded;
    step.width = to.length;
  }
}

/// ENUM and SET of which nobody knows the labels.
StepCode number_code(uint16_t bytes) {
  switch (bytes) {
    case 1: return StepCode::uint8;
    case 2: return StepCode::uint16;
    case 3: return StepCode::uint24;
    case 4: return StepCode::uint32;
    default: return StepCode::uint64;
  }
}

void compile_labels(RowStep& step, const MapColumn& from, const Column& to, StepLabels& labels) {
  if (to.kind == ValueKind::uint64) {
    step.code = number_code(from.meta);
    return;
  }
  step.kind = to.kind;
  step.code = from.type == ColumnType::set ? StepCode::set : StepCode::enumeration;
  step.prefix = static_cast<uint8_t>(from.meta);
  step.labels = static_cast<uint32_t>(labels.size());
  if (from.labels.empty()) {
    labels.insert(labels.end(), to.labels.begin(), to.labels.end());
    step.width = static_cast<uint32_t>(to.labels.size());
    return;
  }
  const Charset* charset = from.collation != 0 ? collation_by_id(from.collation).charset : charset_by_name(to.charset);
  for (const std::string& label : from.labels) labels.push_back(charset == nullptr ? label : charset->to_utf8(label));
  step.width = static_cast<uint32_t>(from.labels.size());
}

/// What has a fraction is MariaDB's own form; the digits are in the schema only.
void compile_old_temporal(RowStep& step, ColumnType type, uint8_t digits) {
  step.scale = digits;
  if (type == ColumnType::time) {
    step.code = digits == 0 ? StepCode::old_time : StepCode::mariadb_time;
    if (digits != 0) step.width = static_cast<uint32_t>(mariadb_time_bytes(digits));
  } else if (type == ColumnType::datetime) {
    step.code = digits == 0 ? StepCode::old_datetime : StepCode::mariadb_datetime;
    if (digits != 0) step.width = static_cast<uint32_t>(mariadb_datetime_bytes(digits));
  } else {
    step.code = digits == 0 ? StepCode::old_timestamp : StepCode::mariadb_timestamp;
    step.width = static_cast<uint32_t>(4 + fraction_bytes(digits));
  }
}

void compile_column(RowStep& step, const MapColumn& from, const Column& to, StepLabels& labels) {
  const auto low = static_cast<uint8_t>(from.meta);
  switch (from.type) {
    case ColumnType::tiny:
    case ColumnType::short_int:
    case ColumnType::int24:
    case ColumnType::long_int:
    case ColumnType::longlong: step.code = integer_code(from.type, to.is_unsigned); break;
    case ColumnType::float32: step.code = StepCode::float32; break;
    case ColumnType::float64: step.code = StepCode::float64; break;
    case ColumnType::year: step.code = StepCode::year; break;
    case ColumnType::date:
    case ColumnType::newdate: step.code = StepCode::date; break;
    case ColumnType::time:
    case ColumnType::datetime:
    case ColumnType::timestamp: compile_old_temporal(step, from.type, to.scale); break;
    case ColumnType::time2:
    case ColumnType::datetime2:
    case ColumnType::timestamp2:
      step.code = from.type == ColumnType::time2       ? StepCode::time2
                  : from.type == ColumnType::datetime2 ? StepCode::datetime2
                                                       : StepCode::timestamp2;
      step.scale = low;
      break;
    case ColumnType::decimal:
      step.code = StepCode::decimal;
      step.prefix = static_cast<uint8_t>(from.meta >> 8);
      step.scale = low;
      break;
    case ColumnType::bit: step.code = StepCode::bits; break;
    case ColumnType::json: step.code = StepCode::json_binary; break;
    case ColumnType::enumeration:
    case ColumnType::set: compile_labels(step, from, to, labels); break;
    case ColumnType::mariadb_blob_compressed:
    case ColumnType::mariadb_varchar_compressed:
      compile_bytes(step, from, to);
      step.code = StepCode::compressed;
      step.width = from.type == ColumnType::mariadb_varchar_compressed ? from.meta : low >= 4 ? UINT32_MAX : (1u << (8 * low)) - 1;
      break;
    default: compile_bytes(step, from, to); break;
  }
}

}  // namespace

void compile_steps(const TableMap& map, const TableSchema* schema, const ServerKind& server, std::vector<RowStep>& steps,
                   StepLabels& labels) {
  labels.assign(1, std::string());
  steps.assign(map.columns.size(), RowStep());
  for (size_t i = 0; i < map.columns.size(); ++i) {
    const MapColumn& column = map.columns[i];
    if (!is_understood(column)) {
      std::string_view known = type_name(column.type);
      refuse(map, i,
             known.empty() ? fmt::format("type {} is not known", static_cast<unsigned>(column.type))
                           : fmt::format("type {} is not supported", known),
             "leave the table out with tables.exclude, or rebuild it: ALTER TABLE ... FORCE");
    }
    steps[i].prefix = length_bytes(column);
    steps[i].width = fixed_width(column);
    steps[i].code = steps[i].prefix != 0 ? StepCode::skip_prefixed : StepCode::skip_fixed;
    steps[i].json = column.type == ColumnType::json && server.flavour == Flavour::mysql;
  }
  if (schema == nullptr) return;
  for (size_t i = 0; i < schema->columns.size(); ++i) {
    const Column& to = schema->columns[i];
    RowStep& step = steps[to.ordinal];
    step.column = static_cast<int32_t>(i);
    compile_column(step, map.columns[to.ordinal], to, labels);
  }
  if (server.flavour != Flavour::mariadb) return;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].column < 0 && is_old_temporal(map.columns[i].type))  // a generated column
      refuse(map, i, "stored in an old form of which neither the log nor the schema says how long it is",
             "SET GLOBAL mysql56_temporal_format=ON; ALTER TABLE ... FORCE");
  }
}

}  // namespace tidemark::mysql
