#include "servers/template_dir.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <glob.h>
#include <pwd.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "servers/child_process.h"
#include "servers/temp_dir.h"

namespace tidemark::test {

namespace fs = std::filesystem;

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

class FileLock {
 public:
  explicit FileLock(const fs::path& path) : fd_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (fd_ < 0 || flock(fd_, LOCK_EX) != 0) throw std::runtime_error(fmt::format("cannot lock {}", path.string()));
  }
  ~FileLock() { close(fd_); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_;
};

void copy_tree(const fs::path& from, const fs::path& to) {
  ChildProcess copy(Command{{"cp", "-a", "--reflink=auto", from.string(), to.string()}, {}, {}, "/dev/null", {}, {}, {}});
  if (copy.wait(std::chrono::minutes(2)) != 0) throw std::runtime_error(fmt::format("cannot copy {} to {}", from.string(), to.string()));
}

}  // namespace

fs::path cache_dir() {
  if (const std::string set = environment("TIDEMARK_CACHE"); !set.empty()) return set;
  std::string home = environment("HOME");
  if (home.empty()) {
    const passwd* entry = getpwuid(geteuid());
    home = entry ? entry->pw_dir : "/tmp";
  }
  return fs::path(home) / ".cache" / "tidemark";
}

void copy_template(const std::string& name, const fs::path& target, const std::function<void(const fs::path&)>& make) {
  const fs::path folder = cache_dir() / "templates";
  const fs::path kept = folder / name;
  fs::create_directories(folder);
  {
    const FileLock lock(folder / (name + ".lock"));
    if (!fs::exists(kept)) {
      const TempDir work;
      fs::permissions(work.path(), fs::perms(0755));
      const fs::path fresh = work.path() / "data";
      fs::create_directory(fresh);
      make(fresh);
      const fs::path partial = folder / (name + ".partial");
      fs::remove_all(partial);
      copy_tree(fresh, partial);
      fs::rename(partial, kept);  // all or nothing
    }
  }
  copy_tree(kept, target);
}

std::string find_program(const std::string& name, const std::string& versioned_glob) {
  std::string best;
  if (!versioned_glob.empty()) {
    glob_t found{};
    if (glob(versioned_glob.c_str(), 0, nullptr, &found) == 0) {
      auto longer_is_newer = [](const std::string& a, const std::string& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; };
      for (size_t i = 0; i < found.gl_pathc; ++i) {
        const std::string path = found.gl_pathv[i];
        if (access(path.c_str(), X_OK) == 0 && (best.empty() || longer_is_newer(best, path))) best = path;
      }
    }
    globfree(&found);
    if (!best.empty()) return best;
  }
  std::istringstream folders(environment("PATH") + ":/usr/local/sbin:/usr/sbin:/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path path = fs::path(folder) / name;
    if (!folder.empty() && access(path.c_str(), X_OK) == 0) return path.string();
  }
  return {};
}

std::string version_of(const std::string& program) {
  const TempDir work;
  const std::string output = work.file("version");
  ChildProcess child(Command{{program, "--version"}, output, {}, "/dev/null", {}, {}, {}});
  if (child.wait(std::chrono::seconds(20)) != 0) throw std::runtime_error(fmt::format("{} --version failed: {}", program, tail(output)));
  return read_file(output);
}

}  // namespace tidemark::test
