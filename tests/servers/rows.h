// Rows as the tests see them: text as the server prints it, nullopt for NULL.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tidemark::test {

using TextRow = std::vector<std::optional<std::string>>;
using TextRows = std::vector<TextRow>;
using RowVisitor = std::function<void(TextRow&)>;

}  // namespace tidemark::test
