// The one codec of a PostgreSQL source: a field as COPY, SELECT and pgoutput carry it, in text or in binary form, to a Value. Both forms
// give identical Values (design rule 2.8), given a session pinned as source connections are. What becomes of which type is said at Column's
// kind: bool, integers, floats, numeric, dates and times, uuid, bytea, bit(n) get a form of their own; all other types are their text.
// Pure; immutable after construction; any thread. Total on any bytes: false when they are not what the column's type prints or sends.
// Source: the *out and *send functions in src/backend/utils/adt of PostgreSQL.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/postgres/types.h"
#include "tidemark/arena.h"
#include "tidemark/error.h"
#include "tidemark/schema.h"

namespace tidemark::postgres {

/// The binary form of the type's values has all that is needed; otherwise only the text form may be asked for. A domain is exact when its
/// base type follows from the column's kind.
bool binary_is_exact(const Column& column);
/// The same of a type of pg_catalog, by its OID, e.g. in a Relation message. False for what is not built in: enums and domains too.
bool binary_is_exact(Oid type);

class FieldDecoder {
 public:
  explicit FieldDecoder(const Column& column);

  /// `field` without its length, not NULL. Values borrow its bytes where they need no change: it has to live in the batch's arena.
  bool text(std::string_view field, Value& out, Arena& arena) const;
  bool binary(std::string_view field, Value& out, Arena& arena) const;

 private:
  ValueKind kind_;
  uint8_t scale_;
  bool scaled_;  // decimal: exactly scale_ fraction digits
  uint32_t length_;
};

/// What to throw for a field that a FieldDecoder refused; never has the value.
Error malformed_field(const TableName& table, const Column& column);

}  // namespace tidemark::postgres
