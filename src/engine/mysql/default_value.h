// What an INSERT stores in a column that it leaves out and that the log leaves out, too (binlog_row_image MINIMAL and NOBLOB): servers
// log what functions and expressions gave, but neither constant defaults nor the NULL of columns without default. Pure functions.
#pragma once

#include <string>

#include "engine/mysql/types.h"
#include "tidemark/schema.h"

namespace tidemark::mysql {

/// encode_value() of the column's constant default; empty when it has none, or one whose exact value its text does not tell.
std::string constant_default(const ColumnFacts& facts, const Column& column, bool is_mariadb);

}  // namespace tidemark::mysql
