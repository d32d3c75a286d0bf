#include "engine/mysql/binlog_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "tidemark/error.h"

namespace tidemark::mysql {

std::pair<std::string, uint64_t> split_file_name(std::string_view name) {
  const size_t dot = name.rfind('.');
  uint64_t number = 0;
  const bool ok =
      dot != std::string_view::npos && dot + 1 < name.size() &&
      std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dot) + 1, name.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
      std::from_chars(name.data() + dot + 1, name.data() + name.size(), number).ec == std::errc();
  if (!ok) {
    throw Error(ErrorKind::unsupported, "reading the name of a log file", fmt::format("'{}' ends in no number", printable(name)),
                "log files are called like mysql-bin.000012");
  }
  return {std::string(name.substr(0, dot)), number};
}

std::string binlog_file_name(const std::vector<BinlogFile>& files, const std::string& log_name, uint64_t number) {
  size_t digits = 6;
  for (const BinlogFile& file : files) {
    const auto [name, n] = split_file_name(file.name);
    if (name == log_name && n == number) return file.name;
    digits = std::min(digits, file.name.size() - name.size() - 1);
  }
  return fmt::format("{}.{:0{}}", log_name, number, digits);
}

}  // namespace tidemark::mysql
