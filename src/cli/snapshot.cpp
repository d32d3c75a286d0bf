// tidemark snapshot: copies once, consistently, and ends.
#include <fmt/format.h>

#include <chrono>
#include <iostream>

#include "cli/configuration.h"
#include "cli/copy_table.h"
#include "cli/engines.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "runtime/snapshot_run.h"

namespace tidemark {
namespace {

/// A log line would tear the picture: on a terminal the log keeps to warnings, unless it is asked for.
DaemonConfig log_beside_progress(DaemonConfig daemon) {
  if (stderr_is_terminal() && daemon.log_level == "info") daemon.log_level = "warn";
  return daemon;
}

int run(const Arguments& arguments) {
  Config config = load_configuration(arguments);
  find_pipeline(config, arguments.operands[0]);
  set_up_log_for(arguments, log_beside_progress(config.daemon));
  Progress progress(arguments.quiet || arguments.json);
  SnapshotOptions options;
  options.pipeline = arguments.operands[0];
  options.tables = arguments.texts("table");
  options.progress = [&](const PipelineStatus& status) { progress.update(status); };
  auto start = std::chrono::steady_clock::now();
  PipelineStatus status = run_snapshot(config, all_engines(), options);
  progress.finish();
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (arguments.json) {
    std::cout << copy_table_json(status, seconds);
    return 0;
  }
  std::cout << copy_table_text(status, seconds);
  if (!arguments.quiet && options.tables.empty()) {
    std::cerr << " Next: tidemark run   (goes on from here; the source keeps the changes since then for as long as it keeps its log)\n";
  }
  return 0;
}

}  // namespace

Verb snapshot_verb() {
  Verb verb;
  verb.name = "snapshot";
  verb.usage = "snapshot PIPELINE [--table T]... [-c FILE] [--json]";
  verb.summary = "copies the tables of a pipeline once, and ends";
  verb.details =
      "Copies the tables of a pipeline into its sink, with the changes that are made meanwhile, until all of them stand at one point of\n"
      "the source's log; then prints a table and ends. Interrupted, it goes on where it was when started again. Progress goes to stderr:\n"
      "a few redrawn lines on a terminal, elsewhere one line every 10 s.\n"
      "With --table only these are copied; tables of the pipeline that were copied before are kept up to date, the others can follow "
      "later.\n\n"
      "Exit codes: 0 done, 130 or 143 interrupted (start it again to go on), others: see 'tidemark help'.\n\n"
      "Examples:\n"
      "  tidemark snapshot shop\n"
      "  tidemark snapshot shop --table shop.orders --table shop.customers\n"
      "  tidemark snapshot shop --json > copy.json";
  verb.operands_min = 1;
  verb.operands_max = 1;
  verb.add_options = add_table_option;
  verb.run = run;
  return verb;
}

}  // namespace tidemark
