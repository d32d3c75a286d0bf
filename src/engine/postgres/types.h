// Which PostgreSQL type a source column gets, and which types of an existing column can hold its values without loss.
// Pure functions; any thread. Source: PostgreSQL's pg_type.dat for the OIDs of built-in types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tidemark/config.h"
#include "tidemark/schema.h"

namespace tidemark::postgres {

using Oid = uint32_t;

/// How a value is written in the binary protocol. Several SQL types share one form (text, varchar, citext and every enum are `text`).
enum class WireType : uint8_t {
  boolean,
  int2,
  int4,
  int8,
  numeric,
  float4,
  float8,
  text,
  bytea,
  date,
  time,
  timestamp,
  timestamptz,
  interval,
  uuid,
  json,
  jsonb,
  bit,
  inet,
  float4_array,
  unsupported,
};

/// A column as the sink's catalog describes it.
struct SinkType {
  WireType wire = WireType::unsupported;
  Oid oid = 0;            // of the type itself, of the base type for a domain
  int32_t modifier = -1;  // atttypmod
  std::string sql;        // as it is printed with its modifier, e.g. "numeric(18,4)"
  std::string cast;       // usable in a cast of a parameter: without modifier, e.g. "bpchar"
  bool is_enum = false;
  bool is_blank_padded = false;  // char(n)
};

/// The wire form of a type of pg_catalog; unsupported when we do not write it.
WireType wire_type_of(Oid oid);

/// The type that CREATE TABLE gives a source column: lossless by default.
std::string default_sql_type(const Column& column);
/// False where a value of a NOT NULL column may have to become NULL here (zero dates).
bool keeps_not_null(const Column& column, ZeroDatePolicy policy, bool in_key);

/// Why values of `column` do not fit into `type`; nullopt when each of them fits, or is checked one by one (then it fails by itself).
std::optional<std::string> misfit(const Column& column, const SinkType& type);

}  // namespace tidemark::postgres
