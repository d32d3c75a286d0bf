#include "servers/control_curl.h"

#include <filesystem>

#include "servers/child_process.h"
#include "servers/pipeline_config.h"

namespace tidemark::test {

CurlAnswer curl_control(const TempDir& directory, const std::string& path) {
  const TempDir work;
  const std::string body = work.file("body");
  Command command;
  const std::string socket = socket_path(directory), url = "http://localhost" + path;
  command.arguments = {"curl", "-s", "--max-time", "10", "-o", body, "-w", "%{http_code}", "--unix-socket", socket, url};
  command.output_file = work.file("status");
  ChildProcess(command).wait(std::chrono::seconds(20));
  return {read_file(command.output_file), std::filesystem::exists(body) ? read_file(body) : ""};
}

}  // namespace tidemark::test
