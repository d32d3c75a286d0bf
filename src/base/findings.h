// What a check found wrong, so that one run names all of it with all cures. Value type of one thread.
#pragma once

#include <string>
#include <utility>

#include "tidemark/error.h"

namespace tidemark {

class Findings {
 public:
  /// `between_cures`: where the cures are statements that hold semicolons themselves.
  explicit Findings(std::string between_cures = "; ") : between_cures_(std::move(between_cures)) {}

  void add(const std::string& cause, const std::string& cure, ErrorKind kind = ErrorKind::data) {
    if (empty()) kind_ = kind;
    causes_ += (causes_.empty() ? "" : "; ") + cause;
    cures_ += (cures_.empty() ? "" : between_cures_) + cure;
  }
  bool empty() const { return causes_.empty(); }
  /// Throws Error of the first finding's kind.
  void throw_if_any(std::string what_failed) const {
    if (!empty()) throw Error(kind_, std::move(what_failed), causes_, cures_);
  }

 private:
  std::string between_cures_, causes_, cures_;
  ErrorKind kind_ = ErrorKind::data;
};

}  // namespace tidemark
