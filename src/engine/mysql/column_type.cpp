#include "engine/mysql/column_type.h"

namespace tidemark::mysql {

std::string_view type_name(ColumnType type) {
  switch (type) {
    case ColumnType::old_decimal: return "DECIMAL (of before 5.0)";
    case ColumnType::tiny: return "TINYINT";
    case ColumnType::short_int: return "SMALLINT";
    case ColumnType::long_int: return "INT";
    case ColumnType::float32: return "FLOAT";
    case ColumnType::float64: return "DOUBLE";
    case ColumnType::null: return "NULL";
    case ColumnType::timestamp:
    case ColumnType::timestamp2: return "TIMESTAMP";
    case ColumnType::longlong: return "BIGINT";
    case ColumnType::int24: return "MEDIUMINT";
    case ColumnType::date:
    case ColumnType::newdate: return "DATE";
    case ColumnType::time:
    case ColumnType::time2: return "TIME";
    case ColumnType::datetime:
    case ColumnType::datetime2: return "DATETIME";
    case ColumnType::year: return "YEAR";
    case ColumnType::varchar:
    case ColumnType::var_string: return "VARCHAR";
    case ColumnType::bit: return "BIT";
    case ColumnType::typed_array: return "TYPED ARRAY";
    case ColumnType::mariadb_blob_compressed: return "BLOB COMPRESSED";
    case ColumnType::mariadb_varchar_compressed: return "VARCHAR COMPRESSED";
    case ColumnType::vector: return "VECTOR";
    case ColumnType::json: return "JSON";
    case ColumnType::decimal: return "DECIMAL";
    case ColumnType::enumeration: return "ENUM";
    case ColumnType::set: return "SET";
    case ColumnType::tiny_blob:
    case ColumnType::medium_blob:
    case ColumnType::long_blob:
    case ColumnType::blob: return "BLOB";
    case ColumnType::string: return "CHAR";
    case ColumnType::geometry: return "GEOMETRY";
    case ColumnType::invalid:
    case ColumnType::boolean: break;
  }
  return {};
}

bool has_signedness(ColumnType type) {
  switch (type) {
    case ColumnType::tiny:
    case ColumnType::short_int:
    case ColumnType::int24:
    case ColumnType::long_int:
    case ColumnType::longlong:
    case ColumnType::float32:
    case ColumnType::float64:
    case ColumnType::decimal:
    case ColumnType::year: return true;
    default: return false;
  }
}

bool is_character(ColumnType type, Flavour flavour) {
  switch (type) {
    case ColumnType::varchar:
    case ColumnType::var_string:
    case ColumnType::string:
    case ColumnType::tiny_blob:
    case ColumnType::medium_blob:
    case ColumnType::long_blob:
    case ColumnType::blob: return true;
    case ColumnType::vector: return flavour == Flavour::mysql;  // a BLOB to MySQL
    case ColumnType::geometry:                                  // MariaDB's geometries are BLOBs to it
    case ColumnType::mariadb_blob_compressed:
    case ColumnType::mariadb_varchar_compressed: return flavour == Flavour::mariadb;
    default: return false;
  }
}

}  // namespace tidemark::mysql
