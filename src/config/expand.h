// ${VARIABLE} and ${VARIABLE:-default} in scalars. Works on the parsed scalar, never on the file's text: what a variable holds cannot
// change the structure of the file. Pure but for the environment; any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

using VariableLookup = std::function<std::optional<std::string>(const std::string& name)>;

/// "$$" becomes "$". Anything else that starts with '$', and an undefined variable without default, is refused: nullopt, reason in `why`.
std::optional<std::string> expand_variables(std::string_view text, const VariableLookup& lookup, std::string& why);
std::optional<std::string> environment_variable(const std::string& name);

}  // namespace tidemark
