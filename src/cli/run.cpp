// tidemark run: the daemon in the foreground.
#include "cli/configuration.h"
#include "cli/engines.h"
#include "cli/verbs.h"
#include "runtime/daemon.h"

namespace tidemark {
namespace {

int run(const Arguments& arguments) {
  Config config = load_configuration(arguments);
  if (!arguments.socket.empty()) config.daemon.socket = arguments.socket;
  set_up_log_for(arguments, config.daemon);
  return run_daemon(config, all_engines());
}

}  // namespace

Verb run_verb() {
  Verb verb;
  verb.name = "run";
  verb.usage = "run [-c FILE]";
  verb.summary = "the daemon, in the foreground";
  verb.details =
      "Runs every pipeline of the configuration: copies what is there, then follows the source's log until it is told to stop. This is\n"
      "what the systemd service starts. It goes on where it was after any stop, kill or crash.\n\n"
      "Signals: SIGTERM and SIGINT stop reading, finish what has been read and exit 0 within daemon.shutdown_timeout; a second one drops\n"
      "the batch that is under way (safe: it is read again). The log goes to stderr.\n\n"
      "Exit codes: 0 drained, or every pipeline reached its 'stop'; 65, 69, 77, 78: see 'tidemark help'.\n\n"
      "Examples:\n"
      "  tidemark run -c /etc/tidemark/tidemark.yaml\n"
      "  tidemark status        # from another terminal";
  verb.run = run;
  return verb;
}

}  // namespace tidemark
