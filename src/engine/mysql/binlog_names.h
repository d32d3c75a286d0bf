// The names of a server's binlog files: base name and number. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemark::mysql {

struct BinlogFile {
  std::string name;
  uint64_t bytes = 0;
};

/// "mysql-bin.000012" -> "mysql-bin" and 12; throws Error(unsupported) for names without a number.
std::pair<std::string, uint64_t> split_file_name(std::string_view name);
/// "name.000012", as many digits as the server's own files have.
std::string binlog_file_name(const std::vector<BinlogFile>& files, const std::string& log_name, uint64_t number);

}  // namespace tidemark::mysql
