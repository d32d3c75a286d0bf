#include "engine/mysql/event_gtid.h"

#include <cstring>

#include "engine/mysql/event_control.h"

namespace tidemark::mysql {

namespace {

// mysql::serialization: the number of low one bits of the first byte is the number of bytes that follow.
uint64_t read_varint(ByteCursor& in) {
  uint8_t first = in.u8();
  if (first == 0xff) return in.u64();
  unsigned more = 0;
  while (first >> more & 1) ++more;
  uint64_t value = first >> (more + 1);
  if (more > 0) value |= in.little(more) << (7 - more);
  return value;
}

int64_t read_signed_varint(ByteCursor& in) {
  uint64_t v = read_varint(in);
  return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
}

bool is_number(uint64_t number) { return number >= 1 && number <= kGtidNumberMax; }

// Empty: no tag.
bool read_tag(ByteCursor& in, std::string& out) {
  out = in.bytes(read_varint(in));
  return !in.failed() && (out.empty() || is_gtid_tag(out));
}

// The serialized form: version, size, last field that may not be ignored, then field id and value until the end.
bool parse_tagged(ByteCursor body, GtidEvent& out) {
  if (read_varint(body) != 1) return false;  // serialization version
  read_varint(body);                         // message size
  read_varint(body);                         // last non-ignorable field
  while (!body.at_end() && !body.failed()) {
    uint64_t field = read_varint(body);
    switch (field) {
      case 0: body.skip(1); break;  // flags, a fixed byte
      case 1:
        for (uint8_t& b : out.gtid.origin.uuid) b = static_cast<uint8_t>(read_varint(body));
        break;
      case 2: out.gtid.number = static_cast<uint64_t>(read_signed_varint(body)); break;
      case 3:
        if (!read_tag(body, out.gtid.origin.tag)) return false;
        break;
      case 4:
      case 5: read_signed_varint(body); break;  // last_committed, sequence_number
      case 6: out.commit_micros = static_cast<int64_t>(read_varint(body)); break;
      default: return !body.failed() && is_number(out.gtid.number);  // what follows is not needed here
    }
  }
  return !body.failed() && is_number(out.gtid.number);
}

}  // namespace

bool parse_mysql_gtid(EventType type, ByteCursor body, GtidEvent& out) {
  if (type == EventType::gtid_tagged) return parse_tagged(body, out);
  body.skip(1);  // flags
  std::string_view uuid = body.bytes(16);
  uint64_t number = body.u64();
  if (body.failed()) return false;
  if (type == EventType::gtid) {
    std::memcpy(out.gtid.origin.uuid.data(), uuid.data(), 16);
    out.gtid.number = number;
    if (!is_number(number)) return false;
  }
  if (body.left() < 17 + 7 || body.u8() != 2) return true;  // before 8.0: no commit time
  body.skip(16);                                            // last_committed, sequence_number
  uint64_t immediate = body.little(7);
  out.commit_micros = static_cast<int64_t>(immediate & ((uint64_t{1} << 55) - 1));
  return !body.failed();
}

bool parse_mariadb_gtid(const EventHeader& header, ByteCursor body, GtidEvent& out) {
  out.gtid.number = body.u64();
  out.gtid.origin.domain = body.u32();
  out.gtid.server_id = header.server_id;
  out.flags = body.u8();
  if (out.flags & 2) out.commit_id = body.u64();
  if (out.flags & (64 | 128)) {
    uint32_t format_id = body.u32();
    size_t gtrid_size = body.u8();
    size_t bqual_size = body.u8();
    std::string_view gtrid = body.bytes(gtrid_size);
    out.xid = xid_text(gtrid, body.bytes(bqual_size), format_id);
  }
  out.commit_micros = static_cast<int64_t>(header.timestamp) * 1000000;
  return !body.failed() && out.gtid.number != 0;
}

bool parse_gtid_list(ByteCursor body, std::vector<Gtid>& out) {
  uint32_t count = body.u32() & 0x0fffffff;  // the high bits are flags
  if (body.failed() || count > body.left() / 16) return false;
  for (uint32_t i = 0; i < count; ++i) {
    Gtid gtid;
    gtid.origin.domain = body.u32();
    gtid.server_id = body.u32();
    gtid.number = body.u64();
    out.push_back(std::move(gtid));
  }
  return !body.failed();
}

namespace {
void append_u64(std::string& out, uint64_t v) { out.append(reinterpret_cast<const char*>(&v), 8); }
}  // namespace

std::string encode_gtid_set(const GtidSet& set) {
  bool tagged = false;
  for (const auto& [origin, intervals] : set.intervals()) tagged = tagged || !origin.tag.empty();
  std::string out;
  uint64_t n = set.intervals().size();
  // With tags the format byte stands at both ends of the count.
  append_u64(out, tagged ? uint64_t{1} << 56 | n << 8 | 1 : n);
  for (const auto& [origin, intervals] : set.intervals()) {
    out.append(reinterpret_cast<const char*>(origin.uuid.data()), origin.uuid.size());
    if (tagged) {
      out.push_back(static_cast<char>(origin.tag.size() << 1));  // at most 32 characters: one varint byte
      out += origin.tag;
    }
    append_u64(out, intervals.size());
    for (const auto& interval : intervals) {
      append_u64(out, interval.first);
      append_u64(out, interval.last + 1);
    }
  }
  return out;
}

bool decode_gtid_set(ByteCursor body, GtidSet& out) {
  uint64_t head = body.u64();
  uint8_t format = static_cast<uint8_t>(head >> 56);
  if (format > 1) return false;
  uint64_t origins = format == 1 ? (head & 0x00ffffffffffff00u) >> 8 : head;
  for (uint64_t i = 0; i < origins && !body.failed(); ++i) {
    GtidOrigin origin;
    std::string_view uuid = body.bytes(16);
    if (body.failed()) return false;
    std::memcpy(origin.uuid.data(), uuid.data(), 16);
    if (format == 1 && !read_tag(body, origin.tag)) return false;
    uint64_t intervals = body.u64();
    for (uint64_t k = 0; k < intervals && !body.failed(); ++k) {
      uint64_t first = body.u64();
      uint64_t end = body.u64();
      if (body.failed() || first == 0 || end <= first || end - 1 > kGtidNumberMax) return false;
      out.add(origin, GtidSet::Interval{first, end - 1});
    }
  }
  return !body.failed();
}

}  // namespace tidemark::mysql
