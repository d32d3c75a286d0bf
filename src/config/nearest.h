// "did you mean": the known word nearest to a mistyped one. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

/// The candidate with the fewest edits (insert, delete, replace, swap of neighbours), when they are few for the word's length; else the
/// only one that begins with it; else "".
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);
/// " (did you mean 'x'?)" or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace tidemark
