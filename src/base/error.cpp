#include "tidemark/error.h"

namespace tidemark {

Error::Error(ErrorKind kind, std::string what_failed, std::string cause, std::string hint)
    : kind_(kind), what_failed_(std::move(what_failed)), cause_(printable(cause)), hint_(std::move(hint)) {
  text_ = what_failed_.empty() ? cause_ : what_failed_ + ": " + cause_;
}

std::string_view kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::internal: return "internal";
    case ErrorKind::usage: return "usage";
    case ErrorKind::config: return "config";
    case ErrorKind::state: return "state";
    case ErrorKind::busy: return "busy";
    case ErrorKind::source_unavailable: return "source_unavailable";
    case ErrorKind::sink_unavailable: return "sink_unavailable";
    case ErrorKind::credentials: return "credentials";
    case ErrorKind::server_settings: return "server_settings";
    case ErrorKind::log_purged: return "log_purged";
    case ErrorKind::lineage: return "lineage";
    case ErrorKind::stale_view: return "stale_view";
    case ErrorKind::schema_changed: return "schema_changed";
    case ErrorKind::unsupported: return "unsupported";
    case ErrorKind::corrupt: return "corrupt";
    case ErrorKind::data: return "data";
    case ErrorKind::sink_conflict: return "sink_conflict";
    case ErrorKind::commit_unknown: return "commit_unknown";
    case ErrorKind::interrupted: return "interrupted";
  }
  return "internal";
}

Retry retry_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::source_unavailable:
    case ErrorKind::sink_unavailable:
    case ErrorKind::stale_view:
    case ErrorKind::commit_unknown:
    case ErrorKind::sink_conflict:
    case ErrorKind::corrupt:  // a flipped bit on the wire: the checksum saw it, nothing of it was applied, reading again may work
      return Retry::with_backoff;
    default: return Retry::never;
  }
}

int exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::internal: return 1;
    case ErrorKind::usage: return 2;
    case ErrorKind::config: return 78;
    case ErrorKind::state: return 65;
    case ErrorKind::busy: return 75;
    case ErrorKind::source_unavailable:
    case ErrorKind::sink_unavailable:
    case ErrorKind::stale_view:
    case ErrorKind::commit_unknown: return 69;
    case ErrorKind::credentials: return 77;
    case ErrorKind::server_settings: return 78;
    case ErrorKind::log_purged:
    case ErrorKind::lineage:
    case ErrorKind::schema_changed:
    case ErrorKind::unsupported:
    case ErrorKind::corrupt:
    case ErrorKind::data:
    case ErrorKind::sink_conflict: return 65;
    case ErrorKind::interrupted: return 130;
  }
  return 1;
}

std::string printable(std::string_view untrusted) {
  std::string out;
  out.reserve(untrusted.size());
  for (char c : untrusted) {
    auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out.push_back(c);
    } else if (c == '\n' || c == '\t') {
      out.push_back(' ');
    } else {
      constexpr char kHex[] = "0123456789abcdef";
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace tidemark
