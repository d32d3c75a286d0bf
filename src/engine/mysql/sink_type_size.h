// How much room a type takes in a row and in an index of InnoDB, read off its SQL text; and the rule that keeps rows below the limit of
// MySQL and MariaDB. Pure functions; any thread. Source: MySQL manual "Limits on Table Column Count and Row Size".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::mysql {

inline constexpr uint32_t kRowBytesMax = 65535;   // without what TEXT and BLOB columns have outside of the row
inline constexpr uint32_t kIndexBytesMax = 3072;  // InnoDB with pages of 16 KB, ROW_FORMAT=DYNAMIC

struct TypeSize {
  uint32_t row_bytes = 0;
  uint32_t key_bytes = 0;  // as a whole column of an index
  bool is_text = false, is_binary = false;
  bool is_large = false;  // TEXT and BLOB families and what is stored like them: never a whole key column
  uint32_t bytes_per_character = 1;
};
/// `type` as CREATE TABLE has it: "varchar(20) CHARACTER SET utf8mb4 COLLATE ...". What it does not know counts as 8 bytes.
TypeSize size_of_type(std::string_view type);

/// While the row is too long: the widest CHAR, VARCHAR, BINARY or VARBINARY that is not `fixed` becomes the smallest TEXT or BLOB that
/// holds as many characters.
void shrink_row(std::vector<std::string>& types, const std::vector<bool>& fixed);

}  // namespace tidemark::mysql
