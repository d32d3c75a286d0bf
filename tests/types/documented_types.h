// conf/types.md read back: which type a column of a source's type gets at a sink. For the check that servers really report it.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace tidemark::test {

class DocumentedTypes {
 public:
  /// The table of the document that speaks of this source, and its columns that speak of this sink. `path`: of conf/types.md.
  DocumentedTypes(const std::string& path, const std::string& source, const std::string& sink);

  /// "" when the sink's type is one that the document names for the source's; else what is wrong. Types that the document does not list
  /// are let pass. Both as the servers print them.
  std::string wrong(std::string source_type, std::string sink_type) const;
  /// How many types have been compared.
  int compared() const { return compared_; }

 private:
  bool from_postgres_;
  std::map<std::string, std::string> named_;  // by the source's type: a text in whose words the sink's types are
  mutable int compared_ = 0;
};

}  // namespace tidemark::test
