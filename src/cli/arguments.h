// The command line: which verb, with which options. Flags that every verb has may stand before or after the verb. Called once by main;
// throws Error(usage) with the nearest known word where one is near.
#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>
#include <string>
#include <vector>

namespace tidemark {

namespace po = boost::program_options;

struct Arguments {
  std::string verb;  // empty: none given
  std::string config_path;
  bool config_chosen = false;  // by flag or environment, not the default
  std::string socket;          // by flag or environment; empty: what the configuration says
  bool json = false;
  bool no_color = false;
  bool quiet = false;
  bool verbose = false;
  bool help = false;
  bool version = false;
  std::vector<std::string> operands;
  po::variables_map values;  // the verb's own options

  std::vector<std::string> texts(const char* option) const;
};

struct Verb {
  std::string name;
  std::string usage;    // "snapshot PIPELINE [--table T]..."
  std::string summary;  // one line, for the list of verbs
  std::string details;  // what it does, exit codes of its own, examples
  size_t operands_min = 0;
  size_t operands_max = 0;
  void (*add_options)(po::options_description_easy_init add) = nullptr;
  int (*run)(const Arguments& arguments) = nullptr;
};

inline constexpr const char* kDefaultConfigPath = "/etc/tidemark/tidemark.yaml";

/// `words` without the program's name. --help and --version are only noted: the caller acts on them before it looks at the rest.
Arguments parse_arguments(const std::vector<std::string>& words, const std::vector<Verb>& verbs);
/// Throws Error(usage) when there is no such verb.
const Verb& find_verb(const std::string& name, const std::vector<Verb>& verbs);

po::options_description global_options();
/// --table T, of the verbs that may do with some of a pipeline's tables; Arguments::texts("table") has them.
void add_table_option(po::options_description_easy_init add);
po::options_description own_options(const Verb& verb);

}  // namespace tidemark
