// The relations that a stream of pgoutput has introduced, and which captured table each of them is. Rows are never decoded with a schema
// that is not theirs (design rules 2.7 and 2.9): a relation is compared with the captured schema when its first row comes, not before, for
// a Relation message may belong to a savepoint that was rolled back.
// One owner, one thread. Throws Error(schema_changed | server_settings) that names the table and what differs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/postgres/pgoutput.h"
#include "engine/postgres/value_decoding.h"
#include "tidemark/schema.h"

namespace tidemark::postgres {

/// What format_type() prints for a type and its modifier: the names that Column::native_type is one of.
using TypeNamer = std::function<std::string(uint32_t type, int32_t modifier)>;

struct Relation {
  struct Field {
    std::string name;
    uint32_t type = 0;
    int32_t modifier = -1;
    bool in_identity = false;
    int column = -1;  // of the captured schema; -1: generated, not carried. Valid once the relation is `agreed`
  };
  TableName name;
  char identity = 'd';  // pg_class.relreplident
  int table = -1;       // which captured table; -1: none
  bool agreed = false;
  std::vector<Field> fields;
};

struct StreamedTable {
  SchemaRef schema;
  uint32_t oid = 0;                    // 0: not known yet
  std::vector<FieldDecoder> decoders;  // of schema->columns
};

class Relations {
 public:
  /// `oids`: of the captured tables as far as they are known (0: not), so that one that was renamed is still recognised.
  Relations(const std::vector<SchemaRef>& tables, const std::vector<uint32_t>& oids, TypeNamer type_name);

  size_t tables() const { return tables_.size(); }
  void introduce(const PgoutputMessage& relation);
  /// nullptr: the stream has not introduced it.
  Relation* find(uint32_t oid);
  /// Before a row of a captured table is decoded.
  void agree(uint32_t oid, Relation& relation);
  /// Of a relation whose `table` is not -1.
  const StreamedTable& table_of(const Relation& relation) const { return tables_[static_cast<size_t>(relation.table)]; }

 private:
  void check_relation(uint32_t oid, const Relation& relation);
  void match_columns(Relation& relation) const;
  void check_type(const Relation::Field& field, const Column& column, const TableName& table) const;
  void check_identity(const Relation& relation) const;

  std::vector<StreamedTable> tables_;
  TypeNamer type_name_;
  std::unordered_map<uint32_t, Relation> relations_;
  std::unordered_map<std::string, int> by_name_;  // "schema\0table"
  uint32_t last_oid_ = 0;                         // rows of one table come in runs
  Relation* last_ = nullptr;
};

}  // namespace tidemark::postgres
