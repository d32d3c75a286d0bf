// Freshly initialised data directories, made once per machine and server version and then copied: a test's server starts in a second.
// Kept in $TIDEMARK_CACHE, else ~/.cache/tidemark. Safe against several tests making the same one at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace tidemark::test {

/// ~/.cache/tidemark or what TIDEMARK_CACHE says.
std::filesystem::path cache_dir();
/// Copies the template `name` to `target` (which must not exist); calls `make(directory)` first when there is none yet. `make` gets a
/// directory that exists and is empty, outside the cache, and everybody may enter the way to it.
void copy_template(const std::string& name, const std::filesystem::path& target,
                   const std::function<void(const std::filesystem::path&)>& make);
/// Finds an executable by name in PATH and /usr/sbin, or by glob patterns (the highest version number wins); empty when there is none.
std::string find_program(const std::string& name, const std::string& versioned_glob = {});
/// Output of `program --version`; throws when it cannot be run.
std::string version_of(const std::string& program);

}  // namespace tidemark::test
