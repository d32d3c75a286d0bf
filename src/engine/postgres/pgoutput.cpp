#include "engine/postgres/pgoutput.h"

#include <fmt/format.h>

#include "tidemark/error.h"

namespace tidemark::postgres {
namespace {

constexpr int64_t kUnixToPostgresMicros = 946684800LL * 1000000;  // 2000-01-01
constexpr size_t kColumnsMax = 1600;                              // MaxTupleAttributeNumber is 1664; a table has at most 1600

uint32_t u32(ByteCursor& in) { return static_cast<uint32_t>(in.big(4)); }

int64_t time_of(ByteCursor& in) {
  const auto micros = static_cast<int64_t>(in.big(8));
  // infinity and what lies beyond the calendar is nothing that a clock says
  return micros > INT64_MAX - kUnixToPostgresMicros ? INT64_MAX : micros + kUnixToPostgresMicros;
}

/// Bytes up to a zero byte.
std::string_view c_string(ByteCursor& in) {
  const std::string_view rest(in.here(), in.left());
  const size_t end = rest.find('\0');
  if (end == std::string_view::npos) {
    in.fail();
    return {};
  }
  in.skip(end + 1);
  return rest.substr(0, end);
}

bool parse_tuple(ByteCursor& in, Tuple& out) {
  const auto count = static_cast<size_t>(in.big(2));
  if (count > kColumnsMax || count > in.left()) return false;  // a column takes a byte at least
  out.resize(count);
  for (TupleField& field : out) {
    const auto form = static_cast<TupleField::Form>(in.u8());
    field = {form, {}};
    switch (form) {
      case TupleField::Form::null:
      case TupleField::Form::unchanged: break;
      case TupleField::Form::text:
      case TupleField::Form::binary: field.bytes = in.bytes(u32(in)); break;
      default: return false;
    }
  }
  return !in.failed();
}

bool parse_relation(ByteCursor& in, PgoutputMessage& m) {
  m.oid = u32(in);
  m.name_space = c_string(in);
  m.name = c_string(in);
  m.replica_identity = static_cast<char>(in.u8());
  const auto count = static_cast<size_t>(in.big(2));
  if (count > kColumnsMax || count > in.left()) return false;
  m.columns.resize(count);
  for (RelationColumn& column : m.columns) {
    column.in_identity = (in.u8() & 1) != 0;
    column.name = c_string(in);
    column.type = u32(in);
    column.modifier = static_cast<int32_t>(u32(in));
  }
  return true;
}

/// What stands before a row: its role.
bool parse_old_row(ByteCursor& in, uint8_t role, PgoutputMessage& m) {
  m.old_row = static_cast<OldRow>(role);
  return (m.old_row == OldRow::identity || m.old_row == OldRow::full) && parse_tuple(in, m.before);
}

bool parse_row_change(ByteCursor& in, PgoutputMessage& m) {
  m.oid = u32(in);
  uint8_t role = in.u8();
  if (m.type == MessageType::remove) return parse_old_row(in, role, m);
  if (m.type == MessageType::update && role != 'N') {
    if (!parse_old_row(in, role, m)) return false;
    role = in.u8();
  }
  return role == 'N' && parse_tuple(in, m.after);
}

bool parse_truncate(ByteCursor& in, PgoutputMessage& m) {
  const uint32_t count = u32(in);
  const uint8_t options = in.u8();
  m.cascade = (options & 1) != 0;
  m.restart_identity = (options & 2) != 0;
  if (count > in.left() / 4) return false;
  m.relations.resize(count);
  for (uint32_t& oid : m.relations) oid = u32(in);
  return true;
}

bool parse_logical(ByteCursor& in, PgoutputMessage& m) {
  m.transactional = (in.u8() & 1) != 0;
  m.lsn = in.big(8);
  m.name = c_string(in);
  m.content = in.bytes(u32(in));
  return true;
}

}  // namespace

bool PgoutputParser::fail(std::string why) {
  error_ = std::move(why);
  return false;
}

bool PgoutputParser::parse(std::string_view bytes, PgoutputMessage& m) {
  error_.clear();
  unknown_type_ = false;
  if (bytes.empty()) return fail("an empty message");
  ByteCursor in(bytes.substr(1));
  m.type = static_cast<MessageType>(bytes[0]);
  m.xid = m.subxid = 0;
  m.old_row = OldRow::none;
  m.before.clear();
  m.after.clear();
  if (!parse_body(in, m)) {
    if (!error_.empty()) return false;
    return fail(fmt::format("a message of type '{}' whose bytes are not what its type says", printable(bytes.substr(0, 1))));
  }
  if (in.failed()) return fail(fmt::format("a message of type '{}' that is cut short", printable(bytes.substr(0, 1))));
  if (!in.at_end()) return fail(fmt::format("a message of type '{}' with {} bytes too many", printable(bytes.substr(0, 1)), in.left()));
  if (m.type == MessageType::stream_start) streaming_ = m.xid;
  if (m.type == MessageType::stream_stop) streaming_ = 0;
  return true;
}

bool PgoutputParser::parse_body(ByteCursor& in, PgoutputMessage& m) {
  switch (m.type) {
    case MessageType::relation:
    case MessageType::type:
    case MessageType::insert:
    case MessageType::update:
    case MessageType::remove:
    case MessageType::truncate:
    case MessageType::logical: return parse_in_stream(in, m);
    case MessageType::origin:  // also inside a stream block, and without a transaction's id there
      m.lsn = in.big(8);
      m.name = c_string(in);
      return true;
    case MessageType::stream_stop: return streaming_ != 0 || fail("a stream block ends that has not begun");
    default: break;
  }
  if (streaming_ != 0)
    return fail(fmt::format("a message of type '{}' inside a stream block", printable({reinterpret_cast<char*>(&m.type), 1})));
  switch (m.type) {
    case MessageType::begin:
      m.lsn = in.big(8);
      m.micros = time_of(in);
      m.xid = u32(in);
      return true;
    case MessageType::stream_start:
      m.xid = u32(in);
      m.first_segment = in.u8() == 1;
      return in.failed() || m.xid != 0;
    case MessageType::commit:
    case MessageType::stream_commit:
    case MessageType::stream_abort: return parse_end(in, m);
    case MessageType::begin_prepare:
    case MessageType::prepare:
    case MessageType::commit_prepared:
    case MessageType::rollback_prepared:
    case MessageType::stream_prepare: return parse_two_phase(in, m);
    default:
      unknown_type_ = true;
      return fail(fmt::format("a message of unknown type '{}'", printable({reinterpret_cast<char*>(&m.type), 1})));
  }
}

/// Those that carry the id of their (sub)transaction when they are in a stream block.
bool PgoutputParser::parse_in_stream(ByteCursor& in, PgoutputMessage& m) {
  if (streaming_ != 0) m.xid = u32(in);
  switch (m.type) {
    case MessageType::relation: return parse_relation(in, m);
    case MessageType::type:
      m.oid = u32(in);
      m.name_space = c_string(in);
      m.name = c_string(in);
      return true;
    case MessageType::truncate: return parse_truncate(in, m);
    case MessageType::logical: return parse_logical(in, m);
    default: return parse_row_change(in, m);
  }
}

bool PgoutputParser::parse_end(ByteCursor& in, PgoutputMessage& m) {
  if (m.type != MessageType::commit) m.xid = u32(in);
  if (m.type == MessageType::stream_abort) {
    m.subxid = u32(in);
    m.lsn = m.end_lsn = abort_places_ ? in.big(8) : 0;
    m.micros = abort_places_ ? time_of(in) : 0;
    return true;
  }
  if (in.u8() != 0) return in.failed();  // flags, none of which is defined
  m.lsn = in.big(8);
  m.end_lsn = in.big(8);
  m.micros = time_of(in);
  return true;
}

bool PgoutputParser::parse_two_phase(ByteCursor& in, PgoutputMessage& m) {
  if (m.type != MessageType::begin_prepare && in.u8() != 0) return in.failed();
  m.lsn = in.big(8);
  m.end_lsn = in.big(8);
  m.micros = time_of(in);
  if (m.type == MessageType::rollback_prepared) m.micros = time_of(in);  // the first was the prepare's
  m.xid = u32(in);
  m.gid = c_string(in);
  return true;
}

}  // namespace tidemark::postgres
