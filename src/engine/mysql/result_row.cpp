#include "engine/mysql/result_row.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <new>

#include "base/byte_cursor.h"
#include "engine/mysql/column_type.h"
#include "engine/mysql/decimal.h"
#include "engine/mysql/plain_text.h"
#include "engine/mysql/result_fields.h"

namespace tidemark::mysql {

namespace {

[[noreturn]] void differs(const TableSchema& table, const Column& column, const std::string& how) {
  throw Error(ErrorKind::schema_changed, fmt::format("reading {}", printable(table.name.text())),
              fmt::format("column {} is {} now, it was {}", printable(column.name), how, printable(column.native_type)),
              "the table was altered after it was looked at: start the pipeline again to take up its new form");
}

bool is_string_type(ColumnType type) {
  switch (type) {
    case ColumnType::varchar:
    case ColumnType::vector:
    case ColumnType::json:
    case ColumnType::enumeration:
    case ColumnType::set:
    case ColumnType::tiny_blob:
    case ColumnType::medium_blob:
    case ColumnType::long_blob:
    case ColumnType::blob:
    case ColumnType::var_string:
    case ColumnType::string:
    case ColumnType::geometry:
    case ColumnType::bit: return true;
    default: return false;
  }
}

// As the server prints it already, but ZEROFILL adds zeros in front.
bool is_canonical(std::string_view text) {
  if (!text.empty() && text.front() == '-') {
    if (text.size() > 1 && text[1] == '0') return false;  // "-0.00" is left to canonical_decimal
    text.remove_prefix(1);
  }
  if (text.empty() || text.front() == '.') return false;
  return text.front() != '0' || text.size() == 1 || text[1] == '.';
}

Value decimal_value(std::string_view text, uint8_t scale, Arena& arena, ByteCursor& in) {
  if (is_canonical(text)) return Value::of_bytes(ValueKind::decimal, text);
  char out[kDecimalTextMax];
  size_t length = 0;
  if (!canonical_decimal(text, scale, out, length)) {
    in.fail();
    return {};
  }
  return Value::of_bytes(ValueKind::decimal, arena.copy({out, length}));
}

Value uuid_value(std::string_view text, Arena& arena, ByteCursor& in) {
  char* out = arena.allocate(16);
  if (!parse_uuid(text, out)) in.fail();
  return Value::of_bytes(ValueKind::uuid, {out, 16});
}

}  // namespace

ResultRowDecoder::Step ResultRowDecoder::step_for(const TableSchema& table, uint16_t index, const MYSQL_FIELD& field) {
  const Column& column = table.columns[index];
  const auto type = static_cast<ColumnType>(field.type);
  const bool is_unsigned = (field.flags & UNSIGNED_FLAG) != 0;
  Step step;
  step.kind = column.kind;
  step.column = index;
  step.scale = column.scale;
  const auto require = [&](bool ok) {
    if (!ok) differs(table, column, fmt::format("of type number {}", static_cast<int>(field.type)));
  };
  switch (column.kind) {
    case ValueKind::int64:
    case ValueKind::uint64:
      if (type != ColumnType::year && is_unsigned != (column.kind == ValueKind::uint64)) {
        differs(table, column, is_unsigned ? "unsigned" : "signed");
      }
      switch (type) {
        case ColumnType::tiny: step.code = is_unsigned ? Code::uint8 : Code::int8; break;
        case ColumnType::year: step.code = Code::uint16; break;
        case ColumnType::short_int: step.code = is_unsigned ? Code::uint16 : Code::int16; break;
        case ColumnType::int24:
        case ColumnType::long_int: step.code = is_unsigned ? Code::uint32 : Code::int32; break;
        case ColumnType::longlong: step.code = is_unsigned ? Code::uint64 : Code::int64; break;
        default: require(false);
      }
      break;
    case ValueKind::float32:
      require(type == ColumnType::float32);
      step.code = Code::float32;
      break;
    case ValueKind::float64:
      require(type == ColumnType::float64);
      step.code = Code::float64;
      break;
    case ValueKind::decimal:
      require(type == ColumnType::decimal || type == ColumnType::old_decimal);
      step.code = Code::decimal;
      break;
    case ValueKind::date:
      require(type == ColumnType::date || type == ColumnType::newdate);
      step.code = Code::date;
      break;
    case ValueKind::datetime:
      require(type == ColumnType::datetime);
      step.code = Code::datetime;
      break;
    case ValueKind::timestamp:
      require(type == ColumnType::timestamp);
      step.code = Code::datetime;
      break;
    case ValueKind::time:
      require(type == ColumnType::time);
      step.code = Code::time;
      break;
    case ValueKind::uuid:
      require(is_string_type(type));
      step.code = Code::uuid;
      break;
    case ValueKind::bits:
      require(type == ColumnType::bit);
      step.code = Code::raw;
      break;
    case ValueKind::text:
    case ValueKind::json: {
      require(is_string_type(type));
      if (type == ColumnType::json) break;  // UTF-8 already
      step.charset = collation_by_id(field.charsetnr).charset;
      if (step.charset == nullptr || step.charset->is_binary()) step.charset = charset_by_name(column.charset);
      if (step.charset != nullptr && !step.charset->passes_through()) step.code = Code::text;
      break;
    }
    default: require(is_string_type(type)); break;
  }
  return step;
}

ResultRowDecoder::ResultRowDecoder(const TableSchema& table, const std::vector<uint16_t>& columns, const MYSQL_FIELD* fields)
    : null_bytes_((columns.size() + 2 + 7) / 8) {
  steps_.reserve(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) steps_.push_back(step_for(table, columns[i], fields[i]));
}

void ResultRowDecoder::decode(std::string_view packet, Value* row, Arena& arena) const {
  ByteCursor in(packet);
  in.skip(1);  // 0x00: a row
  const std::string_view nulls = in.bytes(null_bytes_);
  size_t bit = 2;
  for (const Step& step : steps_) {
    if (in.failed()) break;
    Value& out = row[step.column];
    const bool is_null = (static_cast<unsigned char>(nulls[bit >> 3]) >> (bit & 7) & 1) != 0;
    ++bit;
    if (is_null) {
      out = Value::null();
      continue;
    }
    switch (step.code) {
      case Code::int8: out = Value::int64(static_cast<int8_t>(in.u8())); break;
      case Code::int16: out = Value::int64(static_cast<int16_t>(in.u16())); break;
      case Code::int32: out = Value::int64(static_cast<int32_t>(in.u32())); break;
      case Code::int64: out = Value::int64(static_cast<int64_t>(in.u64())); break;
      case Code::uint8: out = Value::uint64(in.u8()); break;
      case Code::uint16: {
        const uint16_t v = in.u16();
        out = step.kind == ValueKind::uint64 ? Value::uint64(v) : Value::int64(v);
        break;
      }
      case Code::uint32: out = Value::uint64(in.u32()); break;
      case Code::uint64: out = Value::uint64(in.u64()); break;
      case Code::float32: out = Value::float32(std::bit_cast<float>(in.u32())); break;
      case Code::float64: out = Value::float64(std::bit_cast<double>(in.u64())); break;
      case Code::decimal: out = decimal_value(in.bytes(in.length_encoded()), step.scale, arena, in); break;
      case Code::raw: out = Value::of_bytes(step.kind, in.bytes(in.length_encoded())); break;
      case Code::text: out = Value::of_bytes(step.kind, step.charset->to_utf8(in.bytes(in.length_encoded()), arena)); break;
      case Code::uuid: out = uuid_value(in.bytes(in.length_encoded()), arena, in); break;
      case Code::time: out = Value::time(read_time(in), step.scale); break;
      case Code::date: {
        const Civil civil = read_civil(in);
        out = Value::date(civil.year, civil.month, civil.day);
        break;
      }
      case Code::datetime: {
        const Civil civil = read_civil(in);
        out = step.kind == ValueKind::timestamp ? Value::timestamp(civil, step.scale) : Value::datetime(civil, step.scale);
        break;
      }
    }
  }
  if (in.failed() || !in.at_end())
    throw Error(ErrorKind::corrupt, "reading a chunk", "a result row does not have the length of its columns");
}

ResultStream::ResultStream(Connection& connection, std::string_view sql)
    : connection_(connection), statement_(mysql_stmt_init(connection.handle())) {
  if (!statement_) throw std::bad_alloc();
  const auto give_up = [&](const char* what) {
    try {
      connection_.fail(what, statement_);
    } catch (...) {
      mysql_stmt_close(statement_);
      throw;
    }
  };
  if (mysql_stmt_prepare(statement_, sql.data(), sql.size()) != 0) give_up("preparing a read failed");
  if (mysql_stmt_execute(statement_) != 0) give_up("starting a read failed");
  metadata_ = mysql_stmt_result_metadata(statement_);
  if (!metadata_) give_up("a read gave no result");
  fields_ = mysql_fetch_fields(metadata_);
  field_count_ = mysql_num_fields(metadata_);
}

ResultStream::~ResultStream() {
  if (metadata_) mysql_free_result(metadata_);
  // Rows that are left would be read one by one by mysql_stmt_close; when the reader gave up, the connection is dropped anyway.
  connection_.handle()->status = MYSQL_STATUS_READY;
  if (!at_end_) connection_.abandon();
  mysql_stmt_close(statement_);
}

std::string_view ResultStream::next() {
  if (at_end_) return {};
  MYSQL* mysql = connection_.handle();
  const unsigned long length = mysql_net_read_packet(mysql);
  if (length == packet_error) connection_.fail("reading rows failed");
  const char* packet = reinterpret_cast<const char*>(mysql->net.read_pos);
  if (length > 0 && static_cast<unsigned char>(packet[0]) == 0xFE) {  // a row starts with 0x00
    at_end_ = true;
    mysql->status = MYSQL_STATUS_READY;
    return {};
  }
  if (length == 0 || packet[0] != 0)
    throw Error(ErrorKind::corrupt, "reading a chunk", "a packet that is no row in the middle of a result");
  return {packet, length};
}

bool ResultStream::drain(size_t bytes_max) {
  size_t bytes = 0;
  while (bytes < bytes_max) {
    const std::string_view packet = next();
    if (packet.empty()) return true;
    bytes += packet.size();
  }
  return false;
}

}  // namespace tidemark::mysql
