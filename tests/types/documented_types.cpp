#include "types/documented_types.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace tidemark::test {
namespace {

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> out;
  for (size_t at = 1, end; (end = line.find('|', at)) != std::string::npos; at = end + 1) out.push_back(line.substr(at, end - at));
  return out;
}

/// Without modifiers, quotes of the document and what does not change the sink's type: "decimal(65,30)" is "decimal".
std::string plain(const std::string& text) {
  std::string out;
  int depth = 0;
  for (const char c : text) {
    if (c == '(') ++depth;
    if (depth == 0 && c != '`') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (c == ')') --depth;
  }
  for (const char* word : {" zerofill", "public.", "types."}) {
    if (const size_t at = out.find(word); at != std::string::npos) out.erase(at, std::string(word).size());
  }
  out.erase(0, out.find_first_not_of(' '));
  return out.substr(0, out.find_last_not_of(' ') + 1);
}

bool has_word(const std::string& text, const std::string& word) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  for (size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at) {
    const size_t end = at + word.size();
    if ((at == 0 || !is_letter(text[at - 1])) && (end == text.size() || !is_letter(text[end]))) return true;
  }
  return false;
}

/// PostgreSQL's own names as the document has them.
std::string short_name(std::string type) {
  const std::map<std::string, std::string> names = {
      {"character varying", "varchar"}, {"timestamp with time zone", "timestamptz"}, {"timestamp without time zone", "timestamp"}};
  const auto it = names.find(type);
  return it == names.end() ? type : it->second;
}

}  // namespace

DocumentedTypes::DocumentedTypes(const std::string& path, const std::string& source, const std::string& sink)
    : from_postgres_(source == "postgres") {
  std::ifstream in(path);
  const std::string title = from_postgres_ ? "| PostgreSQL |" : "| MySQL, MariaDB |";
  const std::string head = sink == "postgres" ? "PostgreSQL" : sink == "sqlite" ? "SQLite" : sink == "mysql" ? "MySQL" : "MariaDB";
  size_t column = 0;
  for (std::string line; std::getline(in, line);) {
    const std::vector<std::string> row = cells(line);
    if (line.rfind(title, 0) == 0) {
      for (column = 1; row.at(column).find(head) == std::string::npos;) ++column;
    } else if (column != 0 && line.rfind("|---", 0) != 0) {
      if (row.empty()) break;
      std::string all = row.at(column);
      if (column + 1 < row.size() && row[column + 1].find('`') == std::string::npos) all += " " + row[column + 1];
      named_[plain(row[0])] = plain(all);
    }
  }
  if (named_.empty()) throw std::runtime_error("no table of types in " + path);
}

std::string DocumentedTypes::wrong(std::string source_type, std::string sink_type) const {
  source_type = plain(source_type), sink_type = plain(sink_type);
  auto it = named_.find(source_type);
  if (it == named_.end() && from_postgres_) it = named_.find("other");
  if (it == named_.end()) return {};
  ++compared_;
  if (it->second.rfind("itself", 0) == 0 && source_type == sink_type) return {};
  // MariaDB's JSON is a LONGTEXT
  const bool is_json = sink_type == "longtext" && has_word(it->second, "json");
  if (is_json || has_word(it->second, from_postgres_ ? sink_type : short_name(sink_type))) return {};
  return fmt::format("{} is {} at the sink, and the document says: {}", source_type, sink_type, it->second);
}

}  // namespace tidemark::test
