#include "config/effective.h"

#include <yaml-cpp/emitter.h>

#include "config/quantity.h"

namespace tidemark {
namespace {

/// Adds keys to the map that is open in the emitter.
class Writer {
 public:
  explicit Writer(YAML::Emitter& out) : out_(out) {}
  Writer& text(const char* key, const std::string& value) { return raw(key) << value, *this; }
  Writer& text_if(const char* key, const std::string& value) { return value.empty() ? *this : text(key, value); }
  Writer& number(const char* key, uint64_t value) { return raw(key) << value, *this; }
  Writer& flag(const char* key, bool value) { return raw(key) << value, *this; }
  Writer& size(const char* key, uint64_t bytes) { return text(key, size_text(bytes)); }
  Writer& duration(const char* key, std::chrono::milliseconds value) { return text(key, duration_text(value)); }
  Writer& list(const char* key, const std::vector<std::string>& items) {
    raw(key) << YAML::Flow << YAML::BeginSeq;
    for (const std::string& item : items) out_ << item;
    out_ << YAML::EndSeq;
    return *this;
  }
  Writer& open(const char* key) { return raw(key) << YAML::BeginMap, *this; }
  Writer& close() { return out_ << YAML::EndMap, *this; }

 private:
  YAML::Emitter& raw(const char* key) { return out_ << YAML::Key << key << YAML::Value; }
  YAML::Emitter& out_;
};

std::string mode_name(TlsMode mode) {
  switch (mode) {
    case TlsMode::disabled: return "disabled";
    case TlsMode::required: return "required";
    case TlsMode::verify_ca: return "verify-ca";
    case TlsMode::verify_full: return "verify-full";
  }
  return "disabled";
}

void write_address(Writer& w, const ServerAddress& address, uint16_t default_port) {
  if (address.socket.empty()) {
    w.text("host", address.host).number("port", address.port == 0 ? default_port : address.port);
  } else {
    w.text("socket", address.socket);
  }
  w.text_if("database", address.database).text("user", address.user);
  if (!address.password.empty()) w.text("password", "***");
  w.open("tls").text("mode", mode_name(address.tls.mode));
  w.text_if("ca", address.tls.ca).text_if("certificate", address.tls.certificate).text_if("key", address.tls.key).close();
  w.duration("connect_timeout", address.connect_timeout);
}

uint16_t default_port(const std::string& engine) { return engine == "postgres" ? 5432 : 3306; }

void write_source(Writer& w, const SourceConfig& source) {
  w.open(source.name.c_str()).text("engine", source.engine);
  write_address(w, source.address, default_port(source.engine));
  if (source.engine == "postgres") {
    w.text("slot", source.postgres.slot).text("publication", source.postgres.publication);
    w.flag("failover_slot", source.postgres.failover_slot);
    constexpr const char* kStreaming[] = {"off", "on", "parallel"};
    w.text("streaming", kStreaming[static_cast<size_t>(source.postgres.streaming)]);
  } else if (source.server_id == 0) {
    w.text("server_id", "derived");
  } else {
    w.number("server_id", source.server_id);
  }
  w.duration("heartbeat", source.heartbeat).close();
}

void write_sink(Writer& w, const SinkConfig& sink) {
  w.open(sink.name.c_str()).text("engine", sink.engine);
  if (sink.engine == "sqlite") {
    w.text("path", sink.path).close();
    return;
  }
  write_address(w, sink.address, default_port(sink.engine));
  w.text("schema", sink.tidemark_schema);
  if (sink.engine != "postgres") {
    w.close();
    return;
  }
  w.text("zero_date", sink.zero_date == ZeroDatePolicy::null ? "null" : "error");
  w.text("nul_character", sink.nul_character == NulPolicy::error ? "error" : "strip").close();
}

void write_place(Writer& w, const char* key, const char* word, const std::string& position, int64_t micros) {
  if (word != nullptr) {
    w.text(key, word);
  } else if (!position.empty()) {
    w.open(key).text("specific", position).close();
  } else {
    w.open(key).text("timestamp", timestamp_text(micros)).close();
  }
}

const char* word_of(Startup startup) {
  switch (startup) {
    case Startup::initial: return "initial";
    case Startup::snapshot_only: return "snapshot-only";
    case Startup::earliest: return "earliest";
    case Startup::latest: return "latest";
    case Startup::specific:
    case Startup::timestamp: return nullptr;
  }
  return nullptr;
}

const char* word_of(StopAt stop) {
  switch (stop) {
    case StopAt::never: return "never";
    case StopAt::latest: return "latest";
    case StopAt::specific:
    case StopAt::timestamp: return nullptr;
  }
  return nullptr;
}

void write_columns(Writer& w, const ColumnRules& rules) {
  if (rules.empty()) return;
  w.open("columns");
  for (const auto& [glob, rule] : rules) {
    constexpr const char* kUnfit[] = {nullptr, "error", "null", "clamp"};
    w.open(glob.c_str()).text_if("type", rule.type);
    if (const char* word = kUnfit[static_cast<size_t>(rule.unfit)]) w.text("unfit", word);
    if (rule.nul_character) w.text("nul_character", *rule.nul_character == NulPolicy::error ? "error" : "strip");
    w.close();
  }
  w.close();
}

void write_pipeline(Writer& w, const PipelineConfig& p, const std::string& sink_engine) {
  w.text("name", p.name).text("source", p.source).text("sink", p.sink);
  w.open("tables").list("include", p.tables.include).list("exclude", p.tables.exclude);
  if (!p.tables.keys.empty()) {
    w.open("key");
    for (const auto& [table, columns] : p.tables.keys) w.list(table.c_str(), columns);
    w.close();
  }
  w.close();
  if (sink_engine == "postgres") {
    w.open("target").text("schema", p.target_schema).text("table", p.target_table.empty() ? "{table}" : p.target_table).close();
  } else if (!p.target_table.empty()) {  // SQLite's default: the table's name, with the database's before it where names collide
    w.open("target").text("table", p.target_table).close();
  }
  write_columns(w, p.columns);
  w.flag("exactly_once", p.exactly_once).text("existing_rows", p.keep_existing_rows ? "keep" : "refuse");
  write_place(w, "startup", word_of(p.startup), p.startup_position, p.startup_micros);
  write_place(w, "stop", word_of(p.stop), p.stop_position, p.stop_micros);
  w.open("snapshot").number("workers", p.snapshot_workers).number("chunk_rows", p.chunk_rows).size("chunk_bytes", p.chunk_bytes);
  w.flag("adapt", p.adapt_chunks).close();
  w.open("apply").number("batch_rows", p.batch_rows).size("batch_bytes", p.batch_bytes).close();
  w.open("retry").duration("initial", p.retry_initial).duration("max", p.retry_max).duration("budget", p.retry_budget).close();
}

}  // namespace

std::string effective_yaml(const Config& config) {
  YAML::Emitter out;
  Writer w(out);
  out << YAML::BeginMap;
  w.number("version", 1);
  const DaemonConfig& d = config.daemon;
  w.open("daemon").text("state", d.state).text("socket", d.socket);
  w.open("log").text("level", d.log_level).text("format", d.log_format).close();
  w.size("memory_limit", d.memory_limit).duration("shutdown_timeout", d.shutdown_timeout).close();
  w.open("sources");
  for (const auto& item : config.sources) write_source(w, item.second);
  w.close().open("sinks");
  for (const auto& item : config.sinks) write_sink(w, item.second);
  w.close();
  out << YAML::Key << "pipelines" << YAML::Value << YAML::BeginSeq;
  for (const PipelineConfig& p : config.pipelines) {
    out << YAML::BeginMap;
    write_pipeline(w, p, config.sinks.at(p.sink).engine);
    out << YAML::EndMap;
  }
  out << YAML::EndSeq << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace tidemark
