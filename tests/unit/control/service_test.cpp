// The systemd unit: accepted by systemd itself, hardened to a score of at most 2.0, and restarting as the exit codes mean it.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "support/catch.h"
#include "support/temporary_directory.h"
#include "tidemark/error.h"

namespace {

struct Run {
  int code = 0;
  std::string output;
};

Run run(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  Run result;
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) result.output.append(buffer, n);
  const int status = pclose(pipe);
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

bool has_systemd_analyze() { return std::system("command -v systemd-analyze >/dev/null 2>&1") == 0; }

std::string unit_text() {
  std::ifstream file(SYSTEMD_FOLDER "/tidemark.service");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

bool has_line(const std::string& text, const std::string& line) { return ("\n" + text).find("\n" + line + "\n") != std::string::npos; }

}  // namespace

TEST_CASE("systemd accepts the unit", "[control]") {
  if (!has_systemd_analyze()) {
    WARN("systemd-analyze is not installed");
    return;
  }
  // the binary is not installed where the tests run: any executable stands in for it
  const tidemark::test::TemporaryDirectory folder;
  const std::string path = folder.file("tidemark.service");
  std::string text = unit_text();
  REQUIRE_FALSE(text.empty());
  for (size_t at; (at = text.find("/usr/bin/tidemark ")) != std::string::npos;) text.replace(at, 17, "/bin/true");
  std::ofstream(path) << text;
  const Run verified = run("systemd-analyze verify --man=no " + path);
  INFO(verified.output);
  CHECK(verified.code == 0);
  CHECK(verified.output.find("tidemark.service") == std::string::npos);

  // and it would have said so: a key that does not exist
  std::ofstream(path) << text << "\n[Service]\nProtectEverything=yes\n";
  CHECK(run("systemd-analyze verify --man=no " + path).output.find("ProtectEverything") != std::string::npos);
}

TEST_CASE("the unit's exposure is at most 2.0", "[control]") {
  if (!has_systemd_analyze()) {
    WARN("systemd-analyze is not installed");
    return;
  }
  const Run analysed = run("systemd-analyze security --no-pager --offline=true " SYSTEMD_FOLDER "/tidemark.service");
  const std::string label = "Overall exposure level for tidemark.service: ";
  const size_t at = analysed.output.find(label);
  INFO(analysed.output);
  REQUIRE(at != std::string::npos);
  const double score = std::stod(analysed.output.substr(at + label.size()));
  CHECK(score > 0);
  CHECK(score <= 2.0);
}

TEST_CASE("the unit restarts as the exit codes mean it", "[control]") {
  const std::string text = unit_text();
  using tidemark::ErrorKind;
  CHECK(tidemark::exit_code_of(ErrorKind::usage) == 2);
  CHECK(tidemark::exit_code_of(ErrorKind::data) == 65);
  CHECK(tidemark::exit_code_of(ErrorKind::credentials) == 77);
  CHECK(tidemark::exit_code_of(ErrorKind::config) == 78);
  CHECK(has_line(text, "RestartPreventExitStatus=2 65 77 78"));
  CHECK(has_line(text, "RestartForceExitStatus=75"));
  for (const char* line :
       {"Type=notify", "WatchdogSec=60", "RuntimeDirectory=tidemark", "RuntimeDirectoryMode=0700", "StateDirectory=tidemark",
        "User=tidemark", "MemoryDenyWriteExecute=yes", "#LoadCredential=shop-db1:/etc/tidemark/secrets/shop-db1"}) {
    CAPTURE(line);
    CHECK(has_line(text, line));
  }
}

TEST_CASE("sysusers accepts the user's file", "[control]") {
  if (std::system("command -v systemd-sysusers >/dev/null 2>&1") != 0) {
    WARN("systemd-sysusers is not installed");
    return;
  }
  const Run dry = run("systemd-sysusers --dry-run " SYSTEMD_FOLDER "/tidemark.sysusers.conf");
  INFO(dry.output);
  CHECK(dry.code == 0);
  CHECK((dry.output.empty() || dry.output.find("tidemark") != std::string::npos));
}
