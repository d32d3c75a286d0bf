#include "base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace tidemark {

namespace {

/// systemd's <3>-style prefix for the level (sd-daemon(3)).
class PriorityFlag : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& msg, const std::tm&, spdlog::memory_buf_t& dest) override {
    const char* prefix = msg.level >= spdlog::level::err    ? "<3>"
                         : msg.level == spdlog::level::warn ? "<4>"
                         : msg.level == spdlog::level::info ? "<6>"
                                                            : "<7>";
    dest.append(prefix, prefix + 3);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<PriorityFlag>(); }
};

/// The message with JSON's escapes.
class JsonMessageFlag : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& msg, const std::tm&, spdlog::memory_buf_t& dest) override {
    for (char c : msg.payload) {
      if (c == '"' || c == '\\') dest.push_back('\\');
      if (static_cast<unsigned char>(c) < 0x20) c = ' ';
      dest.push_back(c);
    }
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JsonMessageFlag>(); }
};

}  // namespace

void set_up_log(const std::string& level, const std::string& format) {
  bool tty = ::isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  spdlog::sink_ptr sink;
  if (tty) {
    sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  }
  auto logger = std::make_shared<spdlog::logger>("tidemark", sink);
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<PriorityFlag>('*').add_flag<JsonMessageFlag>('&');
  if (format == "json") {
    formatter->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l","message":"%&"})");
  } else if (format == "auto" && std::getenv("JOURNAL_STREAM") != nullptr) {
    formatter->set_pattern("%*%v");
  } else {
    formatter->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%-5l%$ %v");
  }
  logger->set_formatter(std::move(formatter));
  logger->set_level(level == "error"   ? spdlog::level::err
                    : level == "warn"  ? spdlog::level::warn
                    : level == "debug" ? spdlog::level::debug
                                       : spdlog::level::info);
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace tidemark
