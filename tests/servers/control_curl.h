// Asks a daemon over its control socket with curl, as a person would; nothing of tidemark's own client is in it. Any thread.
#pragma once

#include <string>

#include "servers/temp_dir.h"

namespace tidemark::test {

struct CurlAnswer {
  std::string status;  // of HTTP; 000 when nobody answers
  std::string body;
};

/// GET `path` ("/v1/status") from the daemon that was started in `directory`; gives up after 10 s.
CurlAnswer curl_control(const TempDir& directory, const std::string& path);

}  // namespace tidemark::test
