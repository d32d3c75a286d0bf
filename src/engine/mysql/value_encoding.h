// Values as a MySQL or MariaDB sink takes them: literals of a statement, its bound parameters, and fields of LOAD DATA. What the target's
// column cannot hold is refused here, by name, before the server sees it: LOAD DATA LOCAL would make a warning of it, and strict mode does
// not mind lost fraction digits and trailing spaces. Pure functions on the caller's buffer; any thread. They never throw for a value: they
// say what is wrong, the caller names the column.
//
// The session that the forms are made for: character_set_client=utf8mb4, time_zone='+00:00', sql_mode with STRICT_ALL_TABLES and
// ALLOW_INVALID_DATES, without NO_ZERO_DATE and NO_ZERO_IN_DATE. LOAD DATA: CHARACTER SET binary FIELDS TERMINATED BY '\t' ESCAPED BY
// '\\' LINES TERMINATED BY '\n', and load_expression() where it is not empty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "engine/mysql/sink_types.h"
#include "tidemark/arena.h"
#include "tidemark/column_rule.h"
#include "tidemark/value.h"

namespace tidemark::mysql {

enum class Encoded : uint8_t {
  ok,
  as_null,     // by the user's rule: NULL in the place of a value that does not fit; to be counted
  clamped,     // by the user's rule: the nearest value
  by_literal,  // only a literal can say it: LOAD DATA cannot, and nothing was written
  label_zero,  // the '' that stands for no label of an ENUM: the statement must run without strict mode, where it is number 0
  // from here on nothing was written
  not_a_number,    // NaN in a number
  infinite,        // an infinite number or date
  out_of_range,    // a number or moment beyond the type's
  digits_lost,     // more fraction digits than the column has
  too_long,        // text or bytes
  too_short,       // bytes of BINARY(n), which pads them; dimensions of MariaDB's vectors
  trailing_space,  // spaces at the end, which CHAR does not keep
  no_label,        // a text that is no label of the ENUM or SET
  charset,         // a character that the column's character set does not have
  geometry_kind,   // with Z or M, curves
  json_number,     // in JSON: a number that the server would round
  json_deep,       // in JSON: nested too deep
  json_refused,    // in JSON: a member's name too long, half of a surrogate pair
  uuid_form,       // a UUID that MariaDB's type does not take
  invalid_utf8,
  malformed,  // bytes that are not what their kind promises
  absent,
  wrong_kind,
};
inline bool is_fault(Encoded e) { return e > Encoded::label_zero; }
/// "a number or moment out of range": for error messages, never with the value.
std::string_view fault_text(Encoded e);
/// "longtext": a type that holds what the fault is about; "" where it depends.
std::string_view fault_cure(Encoded e);

/// What is done with the values of one column: chosen once, from what both sides are.
struct ColumnCodec {
  /// How a value changes its form on the way; `plain`: as the target's type prints it.
  enum class Form : uint8_t { plain, array_to_json, hstore_to_json, text_to_vector, vector_to_json, point, ewkb };

  Form form = Form::plain;
  Column source;
  TargetColumn target;
  bool is_mariadb = false;
  bool wide_timestamp = false;             // until 2106: MariaDB 11.5
  bool has_empty_label = false;            // '' is a label
  bool limits_uuid = false;                // MariaDB's uuid, since it orders them by time and by form
  bool in_key = false;                     // never NULL in place of a value
  bool check_labels = false;               // not every label of the source is one of the target
  bool check_charset = false;              // not every character of the source's set is in the target's
  Unfit unfit = Unfit::by_default;         // the user's rule
  std::unordered_set<std::string> labels;  // of the target, when they are checked
};
ColumnCodec make_codec(const Column& source, const TargetColumn& target, const ServerFlavour& server, bool in_key,
                       const ColumnRule& rule = {});

/// Appends the value as a literal: NULL, 42, 'text', X'00ff'. Safe with and without NO_BACKSLASH_ESCAPES.
Encoded append_literal(const ColumnCodec& codec, const Value& value, std::string& out);
/// Appends the value as a parameter of COM_STMT_BULK_EXECUTE: the byte that says whether it is NULL, and its binary form.
Encoded append_parameter(const ColumnCodec& codec, const Value& value, std::string& out);
/// The type that the server is told for the column's parameters: a ColumnType, and the flag of those without sign.
uint16_t parameter_type(const ColumnCodec& codec);
/// Appends the value as a field of LOAD DATA, without the tab or newline behind it.
Encoded append_load_field(const ColumnCodec& codec, const Value& value, std::string& out);
/// "" when LOAD DATA can put the field into the column as it is. Else the field is read into the user variable `variable` ("@a"), and
/// this is what SET assigns to the column.
std::string load_expression(const ColumnCodec& codec, std::string_view variable);
/// The value that the sink holds after it was given `value`, as the kind of the source's column: what decoding it gives.
Value represent(const ColumnCodec& codec, const Value& value, Arena& arena);

}  // namespace tidemark::mysql
