// What is wrong with a configuration file, and where. Problems are collected, so that one run shows all of them, and thrown together.
// Used by one thread while a file is read. Values of scalars appear only as they are written in the file, before expansion;
// nothing below `password` is ever quoted.
#pragma once

#include <string>
#include <vector>

#include "tidemark/error.h"

namespace tidemark {

/// A place in the file, counted from 1. Line 0: the file as a whole.
struct Mark {
  int line = 0;
  int column = 0;
  friend auto operator<=>(const Mark&, const Mark&) = default;
};

struct Problem {
  Mark mark;
  std::string text;  // lower case, no full stop
  std::string hint;  // may be empty
};

/// Error(kind config) that keeps its problems apart; what() has all of them, a line each: "PATH:LINE:COLUMN: text".
class ConfigError : public Error {
 public:
  ConfigError(const std::string& path, std::vector<Problem> problems);
  const std::vector<Problem>& problems() const { return problems_; }
  /// "PATH:LINE:COLUMN: text" of one of them.
  std::string line(const Problem& problem) const;

 private:
  std::string path_;
  std::vector<Problem> problems_;
};

class Problems {
 public:
  explicit Problems(std::string path) : path_(std::move(path)) {}
  /// Throws at once when there are so many that more would not help.
  void add(Mark mark, std::string text, std::string hint = {});
  /// Adds, then throws: for problems that leave nothing to go on with.
  [[noreturn]] void stop(Mark mark, std::string text, std::string hint = {});
  bool empty() const { return found_.empty(); }
  /// Throws ConfigError, sorted by place, when there is any.
  void throw_if_any();

 private:
  std::string path_;
  std::vector<Problem> found_;
};

}  // namespace tidemark
