#include "cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <cstdlib>

#include "config/nearest.h"
#include "tidemark/error.h"

namespace tidemark {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool takes_value(const std::string& word) { return word == "-c" || word == "--config" || word == "--socket"; }

/// Takes the verb out of the words: the first that is neither a flag nor the value of one.
std::string take_verb(std::vector<std::string>& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") break;
    if (takes_value(words[i])) {
      ++i;
    } else if (words[i].empty() || words[i][0] != '-' || words[i] == "-") {
      std::string verb = words[i];
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
      return verb;
    }
  }
  return "";
}

/// -v and -q may be repeated; program_options would refuse that.
bool take_flag(std::vector<std::string>& words, const std::vector<std::string>& spellings) {
  auto end = std::find(words.begin(), words.end(), "--");
  auto is_flag = [&](const std::string& word) { return std::find(spellings.begin(), spellings.end(), word) != spellings.end(); };
  auto kept = std::remove_if(words.begin(), end, is_flag);
  bool found = kept != end;
  words.erase(kept, end);
  return found;
}

[[noreturn]] void unknown_option(const po::unknown_option& e, const po::options_description& all, const std::string& verb) {
  std::string name = e.get_option_name();
  std::vector<std::string> known;
  for (const auto& option : all.options()) known.push_back("--" + option->long_name());
  std::string of = verb.empty() ? "" : fmt::format(" of '{}'", verb);
  std::string help = verb.empty() ? "tidemark help" : "tidemark help " + verb;
  throw Error(ErrorKind::usage, "", fmt::format("unknown option '{}'{}{}", name, of, did_you_mean(name, known)),
              fmt::format("see what it takes with: {}", help));
}

void check_operands(const Arguments& arguments, const Verb& verb) {
  const std::string hint = fmt::format("usage: tidemark {}", verb.usage);
  if (arguments.operands.size() > verb.operands_max) {
    throw Error(ErrorKind::usage, "", fmt::format("'{}' does not take '{}'", verb.name, arguments.operands[verb.operands_max]), hint);
  }
  if (arguments.operands.size() < verb.operands_min) {
    std::string operand = verb.usage.substr(verb.name.size() + 1);
    operand = operand.substr(0, operand.find(' '));
    throw Error(ErrorKind::usage, "", fmt::format("'{}' needs {}", verb.name, operand), hint);
  }
}

void read_globals(Arguments& out) {
  out.json = out.values.count("json") != 0;
  out.no_color = out.values.count("no-color") != 0 || !environment("NO_COLOR").empty();
  out.help = out.values.count("help") != 0;
  out.version = out.values.count("version") != 0;
  out.config_path = environment("TIDEMARK_CONFIG");
  out.socket = environment("TIDEMARK_SOCKET");
  if (out.values.count("config") != 0) out.config_path = out.values["config"].as<std::string>();
  if (out.values.count("socket") != 0) out.socket = out.values["socket"].as<std::string>();
  out.config_chosen = !out.config_path.empty();
  if (!out.config_chosen) out.config_path = kDefaultConfigPath;
}

}  // namespace

std::vector<std::string> Arguments::texts(const char* option) const {
  if (values.count(option) == 0) return {};
  return values[option].as<std::vector<std::string>>();
}

po::options_description global_options() {
  po::options_description out("Options of every command", 100);
  out.add_options()("config,c", po::value<std::string>()->value_name("FILE"),
                    "the configuration file (or TIDEMARK_CONFIG; default /etc/tidemark/tidemark.yaml)")(
      "socket", po::value<std::string>()->value_name("PATH"),
      "the daemon's control socket (or TIDEMARK_SOCKET; default: daemon.socket of the configuration)")("json", "print the result as JSON")(
      "no-color", "no colours (also NO_COLOR; never any when not on a terminal)")("quiet,q", "nothing but results and errors")(
      "verbose,v", "log details to stderr")("help,h", "this help")("version", "print the version");
  return out;
}

void add_table_option(po::options_description_easy_init add) {
  add("table", po::value<std::vector<std::string>>()->value_name("T")->composing(), "only this table (database.table); may be repeated");
}

po::options_description own_options(const Verb& verb) {
  po::options_description out("Options", 100);
  if (verb.add_options != nullptr) verb.add_options(out.add_options());
  return out;
}

const Verb& find_verb(const std::string& name, const std::vector<Verb>& verbs) {
  std::vector<std::string> names;
  for (const Verb& verb : verbs) {
    if (verb.name == name) return verb;
    names.push_back(verb.name);
  }
  throw Error(ErrorKind::usage, "", fmt::format("unknown command '{}'{}", name, did_you_mean(name, names)),
              "see the commands with: tidemark help");
}

Arguments parse_arguments(const std::vector<std::string>& words, const std::vector<Verb>& verbs) {
  Arguments out;
  std::vector<std::string> rest = words;
  out.verb = take_verb(rest);
  out.verbose = take_flag(rest, {"-v", "-vv", "--verbose"});
  out.quiet = take_flag(rest, {"-q", "--quiet"});
  const Verb* verb = out.verb.empty() ? nullptr : &find_verb(out.verb, verbs);
  po::options_description all = global_options();
  if (verb != nullptr) all.add(own_options(*verb));
  po::options_description operands;
  operands.add_options()("operand", po::value<std::vector<std::string>>());
  po::options_description parsed;
  parsed.add(all).add(operands);
  po::positional_options_description positional;
  positional.add("operand", -1);
  using namespace po::command_line_style;
  int style = unix_style & ~allow_guessing;
  try {
    po::store(po::command_line_parser(rest).options(parsed).positional(positional).style(style).run(), out.values);
  } catch (const po::unknown_option& e) {
    unknown_option(e, all, out.verb);
  } catch (const po::error& e) {
    throw Error(ErrorKind::usage, "", e.what(), out.verb.empty() ? "tidemark help" : "see what it takes with: tidemark help " + out.verb);
  }
  out.operands = out.texts("operand");
  read_globals(out);
  if (verb != nullptr && !out.help && !out.version) check_operands(out, *verb);
  return out;
}

}  // namespace tidemark
