#include "tidemark/key.h"

#include <xxhash.h>

#include <cstring>

#include "base/byte_cursor.h"
#include "tidemark/error.h"

namespace tidemark {

namespace {

void put(std::string& out, const void* p, size_t n) { out.append(static_cast<const char*>(p), n); }

int three_way(auto a, auto b) { return a < b ? -1 : a > b ? 1 : 0; }

int compare_values(const Value& a, const Value& b) {
  switch (a.kind()) {
    case ValueKind::uint64: return three_way(a.uint64(), b.uint64());
    case ValueKind::boolean:
    case ValueKind::int64:
    case ValueKind::time: return three_way(a.int64(), b.int64());
    case ValueKind::date:
    case ValueKind::datetime:
    case ValueKind::timestamp: {
      Civil x = a.civil(), y = b.civil();
      if (x.year != y.year) return three_way(x.year, y.year);
      if (x.month != y.month) return three_way(x.month, y.month);
      if (x.day != y.day) return three_way(x.day, y.day);
      return three_way(x.micros, y.micros);
    }
    default: {
      int order = a.bytes().compare(b.bytes());  // unsigned bytes, then length: binary strings and binary-collated text
      return order < 0 ? -1 : order > 0 ? 1 : 0;
    }
  }
}

}  // namespace

void encode_value(const Value& value, std::string& out) {
  out.push_back(static_cast<char>(value.kind()));
  switch (value.kind()) {
    case ValueKind::absent:
    case ValueKind::null: return;
    case ValueKind::date:
    case ValueKind::datetime:
    case ValueKind::timestamp: {
      Civil c = value.civil();
      put(out, &c.year, 4);
      out.push_back(static_cast<char>(c.month));
      out.push_back(static_cast<char>(c.day));
      put(out, &c.micros, 8);
      return;
    }
    case ValueKind::float32: {
      float f = value.float32() == 0 ? 0.0f : value.float32();
      put(out, &f, 4);
      return;
    }
    case ValueKind::float64: {
      double f = value.float64() == 0 ? 0.0 : value.float64();
      put(out, &f, 8);
      return;
    }
    default: break;
  }
  if (value.has_bytes()) {
    auto n = static_cast<uint32_t>(value.bytes().size());
    put(out, &n, 4);
    out.append(value.bytes());
  } else {
    int64_t v = value.int64();
    put(out, &v, 8);
  }
}

KeyBytes encode_key(const TableSchema& schema, const Value* row) {
  KeyBytes out;
  for (uint16_t i : schema.key) encode_value(row[i], out);
  return out;
}

std::vector<Value> decode_key(std::string_view bytes, Arena& arena) {
  std::vector<Value> values;
  ByteCursor in(arena.copy(bytes));
  while (!in.at_end() && !in.failed()) {
    auto kind = static_cast<ValueKind>(in.u8());
    switch (kind) {
      case ValueKind::absent: values.push_back(Value::absent()); break;
      case ValueKind::null: values.push_back(Value::null()); break;
      case ValueKind::date:
      case ValueKind::datetime:
      case ValueKind::timestamp: {
        Civil c;
        c.year = static_cast<int32_t>(in.u32());
        c.month = in.u8();
        c.day = in.u8();
        c.micros = static_cast<int64_t>(in.u64());
        values.push_back(kind == ValueKind::date       ? Value::date(c.year, c.month, c.day)
                         : kind == ValueKind::datetime ? Value::datetime(c, 6)
                                                       : Value::timestamp(c, 6));
        break;
      }
      case ValueKind::float32: {
        uint32_t raw = in.u32();
        float f;
        std::memcpy(&f, &raw, 4);
        values.push_back(Value::float32(f));
        break;
      }
      case ValueKind::float64: {
        uint64_t raw = in.u64();
        double f;
        std::memcpy(&f, &raw, 8);
        values.push_back(Value::float64(f));
        break;
      }
      case ValueKind::boolean: values.push_back(Value::boolean(in.u64() != 0)); break;
      case ValueKind::int64: values.push_back(Value::int64(static_cast<int64_t>(in.u64()))); break;
      case ValueKind::uint64: values.push_back(Value::uint64(in.u64())); break;
      case ValueKind::time: values.push_back(Value::time(static_cast<int64_t>(in.u64()), 6)); break;
      default: {
        Value v = Value::of_bytes(kind, in.bytes(in.u32()));
        if (!v.has_bytes()) in.fail();
        values.push_back(v);
      }
    }
  }
  if (in.failed())
    throw Error(ErrorKind::state, "reading a stored key", "malformed bytes",
                "Move the state file away and restart: it is rebuilt from the sink.");
  return values;
}

bool key_absent(const TableSchema& schema, const Value* row) {
  for (uint16_t i : schema.key) {
    if (row[i].is_absent()) return true;
  }
  return false;
}

bool same_key(const TableSchema& schema, const Value* row_a, const Value* row_b) {
  for (uint16_t i : schema.key) {
    if (row_a[i] == row_b[i]) continue;
    bool zeros =
        (row_a[i].kind() == ValueKind::float64 && row_b[i].kind() == ValueKind::float64 && row_a[i].float64() == row_b[i].float64()) ||
        (row_a[i].kind() == ValueKind::float32 && row_b[i].kind() == ValueKind::float32 && row_a[i].float32() == row_b[i].float32());
    if (!zeros) return false;
  }
  return true;
}

uint64_t hash_key(const TableSchema& schema, const Value* row) {
  uint64_t hash = 0x9e3779b97f4a7c15u;
  for (uint16_t i : schema.key) {
    const Value& v = row[i];
    if (v.has_bytes()) {
      hash = XXH3_64bits_withSeed(v.bytes().data(), v.bytes().size(), hash);
      continue;
    }
    uint64_t raw = v.uint64();
    if (v.kind() == ValueKind::float64 && v.float64() == 0) raw = 0;
    if (v.kind() == ValueKind::float32 && v.float32() == 0) raw = 0;
    if (v.kind() == ValueKind::date || v.kind() == ValueKind::datetime || v.kind() == ValueKind::timestamp) {
      Civil c = v.civil();
      raw ^=
          (static_cast<uint64_t>(static_cast<uint32_t>(c.year)) << 9 | static_cast<uint64_t>(c.month) << 5 | c.day) * 0xff51afd7ed558ccdu;
    }
    hash = (hash ^ raw) * 0xff51afd7ed558ccdu;
    hash ^= hash >> 32;
  }
  return hash;
}

int compare_key(const TableSchema& schema, const Value* row, const Value* key_values) {
  for (size_t i = 0; i < schema.key.size(); ++i) {
    int order = compare_values(row[schema.key[i]], key_values[i]);
    if (order != 0) return order;
  }
  return 0;
}

int compare_rows(const TableSchema& schema, const Value* row_a, const Value* row_b) {
  for (uint16_t i : schema.key) {
    int order = compare_values(row_a[i], row_b[i]);
    if (order != 0) return order;
  }
  return 0;
}

int compare_key_values(const Value* a, const Value* b, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    int order = compare_values(a[i], b[i]);
    if (order != 0) return order;
  }
  return 0;
}

std::string range_text(const KeyRange& range) {
  if (range.only) return "one key";
  if (range.whole_table()) return "whole table";
  return range.after ? (range.upto ? "inner range" : "last range") : "first range";
}

}  // namespace tidemark
