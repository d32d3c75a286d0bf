// tidemark status: asks the daemon; when that does not answer, reads the state file and says so.
#include <fmt/format.h>

#include <ctime>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/configuration.h"
#include "cli/human.h"
#include "cli/status_text.h"
#include "cli/verbs.h"
#include "config/nearest.h"
#include "config/quantity.h"
#include "control/client.h"
#include "control/status_json.h"
#include "tidemark/state.h"

namespace tidemark {
namespace {

using nlohmann::ordered_json;

/// Where the daemon and its state file are. Whoever asks need not be able to read the configuration, let alone its passwords.
DaemonConfig where_is_the_daemon(const Arguments& arguments) {
  DaemonConfig out;
  try {
    LoadOptions options;
    options.secrets_must_be_readable = false;
    out = load_config_with(arguments.config_path, options).config.daemon;
  } catch (const Error& e) {
    if (arguments.config_chosen && arguments.socket.empty()) throw;
  }
  if (!arguments.socket.empty()) out.socket = arguments.socket;
  return out;
}

std::string wanted_pipeline(const Arguments& arguments, const std::vector<std::string>& names) {
  if (arguments.operands.empty()) return "";
  const std::string& name = arguments.operands[0];
  for (const std::string& known : names) {
    if (known == name) return name;
  }
  throw Error(ErrorKind::usage, "", fmt::format("there is no pipeline '{}'{}", name, did_you_mean(name, names)),
              names.empty() ? "" : fmt::format("pipelines: {}", fmt::join(names, ", ")));
}

std::optional<std::chrono::milliseconds> max_lag_of(const Arguments& arguments) {
  if (arguments.values.count("max-lag") == 0) return std::nullopt;
  if (arguments.values.count("check") == 0)
    throw Error(ErrorKind::usage, "", "--max-lag belongs to --check", "tidemark status --check --max-lag 30s");
  std::string text = arguments.values["max-lag"].as<std::string>();
  std::string why;
  std::optional<std::chrono::milliseconds> out = parse_duration(text, why);
  if (!out) throw Error(ErrorKind::usage, "", fmt::format("--max-lag: '{}' {}", text, why));
  return out;
}

int check(const DaemonStatus& status, const std::string& only, std::optional<std::chrono::milliseconds> max_lag, bool json) {
  std::vector<std::string> reasons = unhealthy_reasons(status, only, max_lag);
  if (json) {
    std::cout
        << ordered_json({{"healthy", reasons.empty()}, {"reasons", reasons}}).dump(2, ' ', false, ordered_json::error_handler_t::replace)
        << "\n";
  } else {
    for (const std::string& reason : reasons) std::cout << "not healthy: " << reason << "\n";
    if (reasons.empty()) std::cout << "healthy\n";
  }
  return reasons.empty() ? 0 : kExitCheckSaysNo;
}

int from_daemon(const Arguments& arguments, const std::string& body) {
  DaemonStatus status = status_from_json(body);
  std::vector<std::string> names;
  for (const auto& pipeline : status.pipelines) names.push_back(pipeline->name);
  std::string only = wanted_pipeline(arguments, names);
  std::optional<std::chrono::milliseconds> max_lag = max_lag_of(arguments);
  if (arguments.values.count("check") != 0) return check(status, only, max_lag, arguments.json);
  if (!arguments.json) {
    std::cout << status_text(status, only, std::time(nullptr), Painter(arguments));
    return 0;
  }
  if (only.empty()) {
    std::cout << body << "\n";
    return 0;
  }
  for (const auto& pipeline : status.pipelines) {
    if (pipeline->name == only) std::cout << pipeline_to_json(*pipeline) << "\n";
  }
  return 0;
}

/// Rows of the finished chunks: the progress is saved less often than they are.
void count_copied_rows(const StoredPipeline& stored, std::vector<StoredTableProgress>& tables) {
  std::map<TableName, uint64_t> rows;
  for (const ChunkRecord& chunk : stored.chunks) rows[chunk.table] += chunk.done ? chunk.rows : 0;
  for (StoredTableProgress& table : tables) table.rows_copied = rows[table.table];
}

void print_stored(StateStore& state, const std::string& name, ordered_json* json) {
  StoredPipeline stored = state.load(name);
  std::vector<StoredTableProgress> tables = state.load_progress(name);
  count_copied_rows(stored, tables);
  if (json != nullptr) {
    ordered_json list = ordered_json::array();
    for (const StoredTableProgress& t : tables)
      list.push_back({{"source", t.table.text()}, {"state", t.state}, {"rows_copied", t.rows_copied}});
    json->push_back(
        {{"name", name}, {"position", stored.position.known() ? ordered_json(stored.position.text()) : ordered_json()}, {"tables", list}});
    return;
  }
  std::cout << fmt::format("{}\n  saved:   {}\n", name, stored.position.known() ? stored.position.text() : "no position yet");
  for (const StoredTableProgress& t : tables) {
    std::cout << fmt::format("  {}  {}  {} rows copied\n", printable(t.table.text()), t.state, grouped(t.rows_copied));
  }
}

/// The daemon does not answer: what the state file says.
int from_state_file(const Arguments& arguments, const DaemonConfig& daemon, const std::string& why) {
  std::cerr << fmt::format("tidemark: the daemon does not answer: {}\n", printable(why));
  std::unique_ptr<StateStore> state;
  try {
    state = open_state_read_only(daemon.state);
  } catch (const Error& e) {
    std::cerr << fmt::format(
        "tidemark: {}\nhint: is it running? systemctl status tidemark; another socket: --socket PATH, another configuration: -c FILE\n",
        printable(e.what()));
    if (arguments.json) std::cout << ordered_json({{"daemon_reachable", false}, {"reason", why}, {"state_path", nullptr}}).dump(2) << "\n";
    return kExitUnreachable;
  }
  std::cerr << fmt::format(
      "tidemark: this is from the state file {}, as it was saved last\nhint: is the daemon running? systemctl status tidemark\n",
      daemon.state);
  std::vector<std::string> names = state->pipelines();
  std::string only = wanted_pipeline(arguments, names);
  ordered_json pipelines = ordered_json::array();
  for (const std::string& name : names) {
    if (only.empty() || name == only) print_stored(*state, name, arguments.json ? &pipelines : nullptr);
  }
  if (arguments.json) {
    ordered_json out = {{"daemon_reachable", false}, {"reason", why}, {"state_path", daemon.state}, {"pipelines", pipelines}};
    std::cout << out.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
  }
  return kExitUnreachable;
}

int run(const Arguments& arguments) {
  max_lag_of(arguments);  // a wrong one is wrong whether or not the daemon answers
  DaemonConfig daemon = where_is_the_daemon(arguments);
  std::string why;
  std::optional<HttpAnswer> answer = http_get(daemon.socket, "/v1/status", &why);
  if (!answer) return from_state_file(arguments, daemon, why);
  if (answer->status != 200) {
    throw Error(ErrorKind::internal, "asking the daemon", fmt::format("it answered {} to /v1/status", answer->status),
                "see its log: journalctl -u tidemark");
  }
  return from_daemon(arguments, answer->body);
}

void add_options(po::options_description_easy_init add) {
  add("check", "one line for monitoring; exit code 4 when a pipeline failed, reconnects or is behind --max-lag");
  add("max-lag", po::value<std::string>()->value_name("TIME"), "with --check: the longest lag that is healthy, such as 30s");
}

}  // namespace

Verb status_verb() {
  Verb verb;
  verb.name = "status";
  verb.usage = "status [PIPELINE] [--json] [--check [--max-lag 30s]]";
  verb.summary = "what the running daemon does";
  verb.details =
      "Asks the running daemon over its control socket: state, lag, rates, tables, positions and the last error of each pipeline. When\n"
      "the daemon does not answer, prints what the state file says, says so, and exits with 3.\n\n"
      "--json prints the daemon's answer to GET /v1/status: keys are only ever added to it. The text may change.\n\n"
      "Exit codes: 0 the daemon answered, 3 it did not, 4 --check found something that is not healthy.\n\n"
      "Examples:\n"
      "  tidemark status\n"
      "  tidemark status shop --json\n"
      "  tidemark status --check --max-lag 30s";
  verb.operands_max = 1;
  verb.add_options = add_options;
  verb.run = run;
  return verb;
}

}  // namespace tidemark
