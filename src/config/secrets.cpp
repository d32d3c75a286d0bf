#include "config/secrets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tidemark {
namespace {

constexpr size_t kSecretBytesMax = 64u << 10;

/// The password, or the reason why there is none.
struct Reading {
  std::string value;
  std::string why;
  std::string hint;
  std::string warning;
};

Reading failed(std::string why, std::string hint) {
  Reading r;
  r.why = std::move(why);
  r.hint = std::move(hint);
  return r;
}

std::string read_some(int fd, size_t max) {
  std::string out(max, '\0');
  size_t size = 0;
  while (size < max) {
    ssize_t n = read(fd, out.data() + size, max - size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    size += static_cast<size_t>(n);
  }
  out.resize(size);
  return out;
}

Reading read_secret_file(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return failed(fmt::format("cannot read {}: {}", path, std::strerror(errno)),
                  fmt::format("create it readable by the user that runs tidemark only: install -m 0600 -o tidemark /dev/stdin {}", path));
  }
  struct stat about {};
  Reading r;
  if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
    close(fd);
    return failed(fmt::format("{} is not a regular file", path), "name a file that holds the password and nothing else");
  }
  if ((about.st_mode & 07) != 0) r.warning = fmt::format("{} can be read by everybody; run: chmod o-rwx {}", path, path);
  r.value = read_some(fd, kSecretBytesMax + 1);
  close(fd);
  if (!r.value.empty() && r.value.back() == '\n') r.value.pop_back();
  if (!r.value.empty() && r.value.back() == '\r') r.value.pop_back();
  if (r.value.empty()) r.why = fmt::format("{} is empty", path);
  if (r.value.size() > kSecretBytesMax) r.why = fmt::format("{} is larger than 64 KiB: not a password", path);
  if (r.value.find('\0') != std::string::npos) r.why = fmt::format("{} has a NUL character: not a password", path);
  return r;
}

Reading read_credential(const std::string& name) {
  if (name.find('/') != std::string::npos || name == "." || name == "..") {
    return failed("a credential's name has no '/'", "for a path, write {file: PATH}");
  }
  std::optional<std::string> directory = environment_variable("CREDENTIALS_DIRECTORY");
  if (!directory || directory->empty()) {
    return failed(fmt::format("the credential '{}' is given by systemd only ($CREDENTIALS_DIRECTORY is not set)", name),
                  fmt::format("add LoadCredential={}:/path/of/the/file to the service, or outside of systemd use {{file: PATH}}", name));
  }
  Reading r = read_secret_file(*directory + "/" + name);
  r.warning.clear();  // systemd's own directory guards it
  if (!r.why.empty()) r.hint = fmt::format("add LoadCredential={}:/path/of/the/file to the service", name);
  return r;
}

Reading read_variable(const std::string& name) {
  std::optional<std::string> value = environment_variable(name);
  if (!value) return failed(fmt::format("the environment variable {} is not set", name), "");
  if (value->empty()) return failed(fmt::format("the environment variable {} is empty", name), "");
  Reading r;
  r.value = std::move(*value);
  return r;
}

}  // namespace

Secret read_password(Section& section, ReadContext& context) {
  const YamlNode* node = section.take("password");
  if (node == nullptr) return Secret();
  std::string name = section.name_of("password");
  const std::string how = "write it as password: {file: /path}, {env: NAME} or {credential: name}";
  if (node->kind != YamlNode::Kind::map) {
    section.problem(node->mark, fmt::format("{} must not stand in the file itself", name), how);
    return Secret();
  }
  if (node->keys.size() != 1) {
    section.problem(node->mark, fmt::format("{} needs exactly one of file, env, credential", name), how);
    return Secret();
  }
  Section from(*node, name.substr(1, name.size() - 2), context);
  Reading r;
  std::string text;
  if (from.has("file")) {
    from.read_path("file", text);
    if (!text.empty()) r = read_secret_file(text);
  } else if (from.has("env")) {
    from.read("env", text);
    if (!text.empty()) r = read_variable(text);
  } else if (from.has("credential")) {
    from.read("credential", text);
    if (!text.empty()) r = read_credential(text);
  } else {
    for (const char* key : {"file", "env", "credential"}) from.take(key);
    from.finish();
    return Secret();
  }
  Mark mark = node->items[0].mark;
  if (!r.why.empty() && context.options.secrets_must_be_readable) section.problem(mark, fmt::format("{}: {}", name, r.why), r.hint);
  if (!r.why.empty() && !context.options.secrets_must_be_readable)
    context.warnings.push_back({mark, fmt::format("{}: {}", name, r.why), r.hint});
  if (!r.warning.empty()) context.warnings.push_back({mark, fmt::format("{}: {}", name, r.warning), ""});
  if (r.why.empty()) return Secret(std::move(r.value));
  // a configuration with an unread password connects nowhere; that there is one must be seen in `validate --effective`
  return context.options.secrets_must_be_readable ? Secret() : Secret("?");
}

}  // namespace tidemark
