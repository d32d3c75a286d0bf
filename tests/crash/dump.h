// A table as its server dumps it with plain SQL: the text of every column, in the order of the rows' bytes. Source and sink are equal when
// the dumps are: a judge that shares nothing with tidemark. Only for tables of the crash matrix: integers, decimals and text. Functions.
#pragma once

#include <string>
#include <vector>

#include "servers/database.h"

namespace tidemark::test {

/// What differs in the tables of the database (or schema) `d`, without the one named: a line a table, none when all are equal. Throws
/// std::runtime_error when the sink lacks one.
std::vector<std::string> compare_dumps(DatabaseClient& source, DatabaseClient& sink, const std::string& without);

}  // namespace tidemark::test
