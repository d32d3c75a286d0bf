// Which type a source's column gets at a MySQL or MariaDB sink, and which types of an existing column can hold its values without loss.
// Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/mysql/column_type.h"
#include "engine/mysql/types.h"
#include "tidemark/schema.h"

namespace tidemark::mysql {

/// What a server has, for the choice of types and collations.
struct ServerFlavour {
  Flavour flavour = Flavour::mysql;
  unsigned long version = 80400;  // as Connection::version(): 101119 is MariaDB 10.11.19
  bool is_mariadb() const { return flavour == Flavour::mariadb; }
  bool has_uuid() const { return is_mariadb() && version >= 100700; }
  /// Since UUIDs lie in the order of their time there (MDEV-29959, in 10.10.6 and 10.11.5).
  bool limits_uuid() const { return is_mariadb() && version >= 101006 && !(version >= 101100 && version < 101105); }
  bool has_uca1400() const { return is_mariadb() && version >= 101001; }
  bool has_vector() const { return is_mariadb() ? version >= 110701 : version >= 90000; }
};

/// What a column's type is for the encoder. VARCHAR, CHAR and the TEXT family are `text`, their limits are in TargetColumn.
enum class TargetType : uint8_t {
  integer,  // also BOOL
  year,
  float32,
  float64,
  decimal,
  date,
  time,
  datetime,
  timestamp,
  text,
  label,  // ENUM
  label_set,
  bytes,
  bits,
  json,          // MySQL's
  checked_json,  // MariaDB's: LONGTEXT with CHECK (json_valid(...))
  geometry,
  vector,
  uuid,
  inet,
  unsupported,
};

/// A column of a table at the sink, as information_schema.COLUMNS describes it.
struct TargetColumn {
  Column column;          // as make_column() sees it: name, length, scale, labels, character set, collation, nullable, auto_increment
  std::string data_type;  // "varchar", lower case
  TargetType type = TargetType::unsupported;
  unsigned integer_bytes = 0;   // integers: 1, 2, 3, 4, 8
  uint64_t octets_max = 0;      // text and bytes: bytes in the column's character set; 0: no such limit
  bool is_generated = false;    // never written
  bool updates_itself = false;  // ON UPDATE CURRENT_TIMESTAMP: an UPDATE that leaves it out must say `c` = `c`
  bool has_default = false;     // or is nullable, generated or AUTO_INCREMENT: an INSERT may leave it out
};
/// `type` is unsupported for types that are not known; never throws.
TargetColumn make_target_column(const ColumnFacts& facts);

/// The type that CREATE TABLE gives, with character set and collation: lossless by default.
std::string sink_column_type(const Column& column, bool in_key, const ServerFlavour& server);
/// The types of all columns: as sink_column_type(), but keys share the 3072 bytes that an index may have, and while a row may be longer
/// than 65535 bytes its widest column outside of the key becomes TEXT or BLOB. `given`: the user's own types, "" where there is none.
std::vector<std::string> sink_column_types(const TableSchema& schema, const ServerFlavour& server,
                                           const std::vector<std::string>& given = {});
/// What follows the type in CREATE TABLE: NULL or NOT NULL, AUTO_INCREMENT for the first column of the key, and defaults that keep the
/// server from inventing its own for a TIMESTAMP. `may_be_null`: values may become NULL here by a rule of the user.
std::string sink_column_attributes(const TableSchema& schema, size_t column, const std::string& type, bool may_be_null);

/// Why values of `column` do not fit into `target`; nullopt when each of them fits or is checked one by one (then it fails by itself). A
/// type that the user names is to be taken although this speaks against it: then every value is checked.
std::optional<std::string> misfit(const Column& column, const TargetColumn& target, bool in_key);
/// Why two keys of the source may be one key there: its collation takes for equal what the source tells apart.
std::optional<std::string> key_misfit(const Column& column, const TargetColumn& target);

}  // namespace tidemark::mysql
