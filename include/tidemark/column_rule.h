// What the user wants of single columns at the sink: the type they get, and what becomes of values that this type cannot hold.
// Plain data of the configuration; immutable, any thread. Nothing here fails.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tidemark/schema.h"

namespace tidemark {

enum class ZeroDatePolicy : uint8_t { null, error };
enum class NulPolicy : uint8_t { error, strip };

/// For a value that the sink's column cannot hold (design: no silent default).
enum class Unfit : uint8_t {
  by_default,  // a zero or partial date: the sink's zero_date; anything else: error
  error,       // the pipeline stops, and says which column
  null,        // NULL in its place; never for a column of the key
  clamp,       // the nearest value that the column holds: the last number or moment of its range. What has none (NaN, zero dates): error
};

struct ColumnRule {
  /// SQL type in the sink's own words; "": the sink chooses. It is what CREATE TABLE uses, and the user's word that a target column which
  /// cannot hold every value of the source's will do: values are then checked one by one.
  std::string type;
  Unfit unfit = Unfit::by_default;
  std::optional<NulPolicy> nul_character;  // nullopt: the sink's
  friend bool operator==(const ColumnRule&, const ColumnRule&) = default;
};

/// Globs on "database.table.column" ('*' any run, '?' one character), in the order of the file. Each one that matches counts; of what
/// several say the last word holds.
using ColumnRules = std::vector<std::pair<std::string, ColumnRule>>;

bool rule_matches(const std::string& glob, const TableName& table, const std::string& column);
ColumnRule rule_for(const ColumnRules& rules, const TableName& table, const std::string& column);

}  // namespace tidemark
