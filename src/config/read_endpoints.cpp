// Sources and sinks.
#include <fmt/format.h>
#include <unistd.h>

#include "config/readers.h"
#include "config/secrets.h"

namespace tidemark {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.rfind("127.", 0) == 0; }

void check_file(Section& tls, std::string_view key, const std::string& path, ReadContext& context) {
  if (path.empty() || access(path.c_str(), R_OK) == 0) return;
  context.warnings.push_back({tls.mark_of(key), fmt::format("{}: {} cannot be read now", tls.name_of(key), path), ""});
}

TlsConfig read_tls(Section& parent, const ServerAddress& address, ReadContext& context) {
  TlsConfig out;
  bool local = !address.socket.empty() || is_loopback(address.host);
  out.mode = local ? TlsMode::disabled : TlsMode::verify_full;
  const YamlNode* node = parent.take("tls");
  if (node == nullptr) return out;
  std::string name = parent.where() + ".tls";
  if (node->kind == YamlNode::Kind::scalar) {
    context.problems.add(node->mark, fmt::format("'{}' must be a map", name), "write it as tls: {mode: verify-full, ca: /path/ca.pem}");
    return out;
  }
  Section tls(*node, name, context);
  const YamlNode* mode = tls.take("mode");
  if (mode != nullptr && mode->text == "preferred") {
    tls.problem(mode->mark, fmt::format("{}: 'preferred' does not exist: it gives up encryption without a word", tls.name_of("mode")),
                "use required, verify-ca or verify-full");
  } else {
    tls.read_choice<TlsMode>("mode", out.mode,
                             {{"disabled", TlsMode::disabled},
                              {"required", TlsMode::required},
                              {"verify-ca", TlsMode::verify_ca},
                              {"verify-full", TlsMode::verify_full}});
  }
  tls.read_path("ca", out.ca);
  tls.read_path("certificate", out.certificate);
  tls.read_path("key", out.key);
  tls.finish();
  if (out.certificate.empty() != out.key.empty()) {
    tls.problem(tls.mark(), fmt::format("'{}' needs certificate and key together", name));
  }
  if (!address.socket.empty() && out.mode != TlsMode::disabled) {
    tls.problem(tls.mark_of("mode"), fmt::format("'{}': a Unix socket has no TLS", name), "take tls away, or connect by host");
  }
  check_file(tls, "ca", out.ca, context);
  check_file(tls, "certificate", out.certificate, context);
  check_file(tls, "key", out.key, context);
  return out;
}

ServerAddress read_address(Section& section, ReadContext& context) {
  ServerAddress out;
  section.read("host", out.host);
  section.read_number("port", out.port, 1, 65535);
  section.read("socket", out.socket);
  if (section.has("host") && section.has("socket")) {
    section.problem(section.mark_of("socket"), fmt::format("'{}' has both host and socket", section.where()), "keep the one to connect by");
  }
  section.require("user");
  section.read("user", out.user);
  out.password = read_password(section, context);
  out.tls = read_tls(section, out, context);
  section.read("connect_timeout", out.connect_timeout, milliseconds(100), minutes(10));
  return out;
}

std::string read_engine(Section& section, const std::vector<std::string>& engines) {
  if (section.require("engine") == nullptr) return "";
  std::optional<size_t> i = section.choice_index("engine", engines);
  return i ? engines[*i] : "";
}

void check_name(const std::string& name, const Section& section, ReadContext& context) {
  if (!is_good_name(name)) context.problems.add(section.mark(), fmt::format("bad name '{}'", name), kNameRule);
}

constexpr const char* kPostgresSourceKeys[] = {"slot", "publication", "failover_slot", "streaming"};

void read_postgres_source(Section& section, SourceConfig& out) {
  section.require("database");
  section.read("database", out.address.database);
  section.read("slot", out.postgres.slot);
  section.read("publication", out.postgres.publication);
  section.read("failover_slot", out.postgres.failover_slot);
  section.read_choice<Streaming>("streaming", out.postgres.streaming,
                                 {{"off", Streaming::off}, {"on", Streaming::on}, {"parallel", Streaming::parallel}});
  section.refuse("server_id", "belongs to mysql and mariadb sources only");
  std::string tame = out.postgres.slot;
  if (const size_t at = tame.find("{pipeline}"); at != std::string::npos) tame.erase(at, 10);
  const bool fits = out.postgres.slot.size() <= 63 && tame.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  if (!fits || out.postgres.slot.empty()) {
    section.problem(section.mark_of("slot"), "bad name of a slot", "use up to 63 small letters, digits and underscores, and {pipeline}");
  }
}

}  // namespace

bool is_good_name(const std::string& name) {
  auto alphanumeric = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > 63 || !alphanumeric(name[0])) return false;
  for (char c : name) {
    if (!alphanumeric(c) && c != '_' && c != '.' && c != '-') return false;
  }
  return true;
}

SourceConfig read_source(const std::string& name, const YamlNode& node, ReadContext& context) {
  Section section(node, "sources." + name, context);
  SourceConfig out;
  out.name = name;
  check_name(name, section, context);
  out.engine = read_engine(section, {"mysql", "mariadb", "postgres"});
  out.address = read_address(section, context);
  section.read("heartbeat", out.heartbeat, milliseconds(100), hours(1));
  if (out.engine == "postgres") {
    read_postgres_source(section, out);
  } else {
    section.read_number("server_id", out.server_id, 1, 4294967295u);
    section.refuse("database", "does not belong to a source: its pipelines choose databases with tables.include");
    for (const char* key : kPostgresSourceKeys) section.refuse(key, "belongs to postgres sources only");
  }
  section.finish();
  return out;
}

SinkConfig read_sink(const std::string& name, const YamlNode& node, ReadContext& context, Marks& marks) {
  Section section(node, "sinks." + name, context);
  SinkConfig out;
  out.name = name;
  check_name(name, section, context);
  out.engine = read_engine(section, {"postgres", "mysql", "mariadb", "sqlite"});
  if (out.engine == "sqlite") {
    section.require("path");
    section.read_path("path", out.path);
    marks.sink_paths[name] = section.mark_of("path");
    for (const char* key :
         {"host", "port", "socket", "database", "user", "password", "tls", "connect_timeout", "schema", "zero_date", "nul_character"}) {
      section.refuse(key, "does not belong to a sqlite sink");
    }
  } else if (out.engine == "postgres") {
    out.address = read_address(section, context);
    section.require("database");
    section.read("database", out.address.database);
    section.read("schema", out.tidemark_schema);
    section.read_choice<ZeroDatePolicy>("zero_date", out.zero_date, {{"null", ZeroDatePolicy::null}, {"error", ZeroDatePolicy::error}});
    section.read_choice<NulPolicy>("nul_character", out.nul_character, {{"error", NulPolicy::error}, {"strip", NulPolicy::strip}});
    section.refuse("path", "does not belong to a postgres sink");
  } else if (out.engine == "mysql" || out.engine == "mariadb") {
    out.address = read_address(section, context);
    section.read("schema", out.tidemark_schema);
    for (const char* key : {"path", "database", "zero_date", "nul_character"}) {
      section.refuse(key, "does not belong to a " + out.engine + " sink");
    }
  } else {
    return out;  // without an engine, which keys are right is not known
  }
  section.finish();
  return out;
}

}  // namespace tidemark
