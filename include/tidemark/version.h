// The version of this build; set by CMake. Constants of the program: any thread, nothing fails.
#pragma once
#include <string_view>
namespace tidemark {
std::string_view version();     // "0.1.0"
std::string_view git_commit();  // short hash, or "unknown"
}  // namespace tidemark
