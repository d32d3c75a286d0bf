// What a column's type at a PostgreSQL source means here: from the facts of pg_type to a Column. One place, for the catalog and for the
// relation messages of the stream. column_of is pure, any thread; read_types asks on the caller's connection and thread, and throws Error.
// Source: PostgreSQL documentation, "pg_type"; src/include/catalog/pg_type.dat for the OIDs of built-in types.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/postgres/connection.h"
#include "engine/postgres/types.h"
#include "tidemark/schema.h"

namespace tidemark::postgres {

/// A type as pg_attribute and relation messages name it: its OID, and the modifier of the column (-1: none).
struct TypeRef {
  Oid oid = 0;
  int32_t modifier = -1;
};

struct TypeFacts {
  std::string name;       // with its modifier, as format_type prints it; of a domain its own; empty: the server has no such type any more
  Oid oid = 0;            // domains looked through, like all that follows
  int32_t modifier = -1;  // of the column, or what the domain says
  std::string base_name;  // without schema and modifier, e.g. "citext"
  bool is_enum = false;
  bool is_array = false;
  std::vector<std::string> labels;  // of an enum, in its order
};

/// In the order of `types`. Works on a replication connection too, while no stream is open there.
std::vector<TypeFacts> read_types(Connection& connection, const std::vector<TypeRef>& types);

/// The type's part of a column: family, kind, native_type, length, scale, labels and the like. Name, place, nullability, collation and
/// order_known are the caller's.
Column column_of(const TypeFacts& type);

/// Design rule 2.3: compare_keys orders values of this column as the server does. `bytewise`: the collation compares bytes ("C").
bool order_reproduced(const Column& column, const TypeFacts& type, bool bytewise);

}  // namespace tidemark::postgres
