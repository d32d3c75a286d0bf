// Which PostgreSQL type a source column gets, and which types of an existing column can hold its values without loss.
// Pure functions; any thread. Source: PostgreSQL's pg_type.dat for the OIDs of built-in types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/column_rule.h"
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
  money,
  cast,  // any other type: its text form, which the server casts
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
  std::vector<std::string> labels;  // of an enum, in their order
  bool is_blank_padded = false;     // char(n)
};

/// The wire form of a type of pg_catalog; unsupported when we do not write it.
WireType wire_type_of(Oid oid);

/// "timestamp(3) without time zone" and "numeric(10,2)[]" without what is in parentheses.
std::string without_modifier(const std::string& name);

/// How values of `column` are written to a column of `type`: binary where they have such a form there.
WireType wire_for(const Column& column, const SinkType& type);

/// The type that CREATE TABLE gives a source column: lossless by default. PostgreSQL's own columns: the type that they have.
std::string default_sql_type(const Column& column);
/// For the documentation: what default_sql_type() does not hold; "" when it holds every value.
std::string_view what_is_lost(const Column& column);
/// For a column whose type (a domain, mostly) the target does not have: the type that its values show it to be of; "" when they do not.
std::string base_sql_type(const Column& column);
/// False where a value of a NOT NULL column may have to become NULL here (zero dates).
bool keeps_not_null(const Column& column, const ColumnRule& rule, ZeroDatePolicy policy, bool in_key);
/// What the rule says of zero dates, or else the sink.
ZeroDatePolicy zero_date_policy(const ColumnRule& rule, ZeroDatePolicy of_sink);

/// Why values of `column` do not fit into `type`; nullopt when each of them fits, or is checked one by one (then it fails by itself).
/// With a rule that names a type or what becomes of unfit values, all that can be written at all fits.
std::optional<std::string> misfit(const Column& column, const SinkType& type, const ColumnRule& rule = {});

}  // namespace tidemark::postgres
