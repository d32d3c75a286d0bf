// tidemark verify: compares source and sink, row by row, while both are live.
#include "runtime/verify.h"

#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/configuration.h"
#include "cli/engines.h"
#include "cli/human.h"
#include "cli/table_print.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "config/quantity.h"

namespace tidemark {
namespace {

using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr size_t kKeysShown = 20;  // a table; --json has the first 100

/// What is being compared, on stderr: one redrawn line on a terminal, elsewhere a line every 10 s.
class VerifyProgress {
 public:
  explicit VerifyProgress(bool quiet) : quiet_(quiet), terminal_(stderr_is_terminal()), last_line_(Clock::now()) {}
  ~VerifyProgress() { clear(); }
  VerifyProgress(const VerifyProgress&) = delete;
  VerifyProgress& operator=(const VerifyProgress&) = delete;

  void update(const TableVerdict& v) {
    if (quiet_) return;
    std::string line = fmt::format("comparing {}   {} rows", printable(v.table), human_count(static_cast<double>(v.rows_source)));
    if (terminal_) {
      std::cerr << "\r\x1b[K" << cut_to_width(line, terminal_size().columns - 1) << std::flush;
      drawn_ = true;
    } else if (Clock::now() - last_line_ >= std::chrono::seconds(10)) {
      last_line_ = Clock::now();
      std::cerr << line << "\n";
    }
  }
  void clear() {
    if (drawn_) std::cerr << "\r\x1b[K" << std::flush;
    drawn_ = false;
  }

 private:
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point last_line_;
};

std::string key_line(const DifferingKey& key) {
  std::vector<std::string> columns;
  for (const std::string& column : key.columns) columns.push_back(printable(column));
  std::string in = columns.empty() ? "" : fmt::format("   in {}", fmt::join(columns, ", "));
  return fmt::format("    {:<10} {}{}\n", key.kind, printable(key.key), in);
}

void print_text(const VerifyReport& report, double seconds, const Painter& painter) {
  TextTable table;
  table.column("table", TextTable::Align::left);
  for (const char* title : {"source rows", "sink rows", "missing", "extra", "different", "unsettled", "time"})
    table.column(title, TextTable::Align::right);
  table.column("", TextTable::Align::left);
  uint64_t rows = 0;
  for (const TableVerdict& v : report.tables) {
    rows += v.rows_source;
    table.row({printable(v.table), grouped(v.rows_source), grouped(v.rows_sink), grouped(v.missing), grouped(v.extra), grouped(v.different),
               grouped(v.unsettled), human_seconds(v.seconds), v.equal() ? "equal" : "DIFFERENT"});
  }
  std::cout << table.text(" ");
  for (const TableVerdict& v : report.tables) {
    if (v.note.empty() && v.keys.empty()) continue;
    std::cout << fmt::format("  {}{}{}\n", printable(v.table), v.note.empty() ? "" : ": ", printable(v.note));
    for (size_t i = 0; i < v.keys.size() && i < kKeysShown; ++i) std::cout << key_line(v.keys[i]);
    uint64_t all = v.missing + v.extra + v.different + v.unsettled;
    if (all > kKeysShown && !v.keys.empty()) std::cout << fmt::format("    and {} more\n", grouped(all - kKeysShown));
  }
  std::string verdict = report.equal ? painter.paint(Colour::green, "equal") : painter.paint(Colour::red, "DIFFERENT");
  std::cout << fmt::format(" {}: {} rows in {} table{}, {}", verdict, grouped(rows), report.tables.size(),
                           report.tables.size() == 1 ? "" : "s", human_seconds(seconds));
  std::cout << (report.position.empty() ? "\n" : fmt::format("; sink at {}\n", printable(report.position)));
}

void print_json(const VerifyReport& report, double seconds) {
  ordered_json out = {{"equal", report.equal}, {"position", report.position}, {"seconds", seconds}, {"tables", ordered_json::array()}};
  for (const TableVerdict& v : report.tables) {
    ordered_json keys = ordered_json::array();
    for (const DifferingKey& key : v.keys) keys.push_back({{"kind", key.kind}, {"key", key.key}, {"columns", key.columns}});
    out["tables"].push_back({{"source", v.table},
                             {"target", v.target},
                             {"equal", v.equal()},
                             {"rows_source", v.rows_source},
                             {"rows_sink", v.rows_sink},
                             {"missing", v.missing},
                             {"extra", v.extra},
                             {"different", v.different},
                             {"unsettled", v.unsettled},
                             {"note", v.note},
                             {"seconds", v.seconds},
                             {"keys", keys}});
  }
  std::cout << out.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
}

int run(const Arguments& arguments) {
  Config config = load_configuration(arguments);
  find_pipeline(config, arguments.operands[0]);
  DaemonConfig log = config.daemon;
  if (log.log_level == "info") log.log_level = "warn";
  set_up_log_for(arguments, log);
  VerifyOptions options;
  options.pipeline = arguments.operands[0];
  options.tables = arguments.texts("table");
  if (arguments.values.count("settle") != 0) {
    std::string text = arguments.values["settle"].as<std::string>();
    std::string why;
    std::optional<std::chrono::milliseconds> settle = parse_duration(text, why);
    if (!settle) throw Error(ErrorKind::usage, "", fmt::format("--settle: '{}' {}", text, why));
    options.settle = *settle;
  }
  VerifyProgress progress(arguments.quiet || arguments.json);
  options.progress = [&](const TableVerdict& verdict) { progress.update(verdict); };
  Clock::time_point start = Clock::now();
  VerifyReport report = verify(config, all_engines(), options);
  progress.clear();
  double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (arguments.json) {
    print_json(report, seconds);
  } else {
    print_text(report, seconds, Painter(arguments));
  }
  return report.equal ? 0 : kExitCheckSaysNo;
}

void add_options(po::options_description_easy_init add) {
  add_table_option(add);
  add("settle", po::value<std::string>()->value_name("TIME")->default_value("30s"),
      "how long to try to prove a difference before it counts");
}

}  // namespace

Verb verify_verb() {
  Verb verb;
  verb.name = "verify";
  verb.usage = "verify PIPELINE [--table T]... [--settle TIME] [-c FILE] [--json]";
  verb.summary = "compares source and sink, row by row";
  verb.details =
      "Reads every row of the pipeline's tables at the source and at the sink and compares all values, in chunks, while both are live:\n"
      "rows that differ are read again, and the changes between both readings are taken from the source's log, so that rows which\n"
      "never rest are compared at one position, too. Reports rows that are missing, extra or different at the sink, by key; of other\n"
      "values nothing is printed. Writes nothing; reads the log as a replica with a server id of its own.\n\n"
      "A difference is proved, as a rule at once. When the sink stands still behind the source, or a commit hangs at the source before\n"
      "it can be seen, it is tried again for --settle; rows that then still differ count, those that went on changing as unsettled.\n\n"
      "Exit codes: 0 equal, 4 different, others: see 'tidemark help'.\n\n"
      "Examples:\n"
      "  tidemark verify shop\n"
      "  tidemark verify shop --table shop.orders --json";
  verb.operands_min = 1;
  verb.operands_max = 1;
  verb.add_options = add_options;
  verb.run = run;
  return verb;
}

}  // namespace tidemark
