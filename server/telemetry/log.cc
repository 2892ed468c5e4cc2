#include "server/telemetry/log.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "spdlog/logger.h"
#include "spdlog/sinks/stdout_color_sinks.h"

namespace tremorcast {
namespace {

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

std::string JsonEscaped(absl::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      escaped += '\\';
      escaped += c;
    } else if (c == '\n') {
      escaped += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&escaped, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// One event stays one line, so that nobody can forge a second one through a name.
std::string OneLine(absl::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return line;
}

}  // namespace

struct Log::State {
  LogLevel level = LogLevel::kOff;
  LogFormat format = LogFormat::kText;
  std::unique_ptr<spdlog::logger> logger;
  std::function<void(LogLevel, const std::string&)> sink;
};

Log::Log(const std::string& name, LogLevel level, LogFormat format) : state_(std::make_unique<State>()) {
  state_->level = level;
  state_->format = format;
  state_->logger = std::make_unique<spdlog::logger>(name, std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  state_->logger->set_level(ToSpdlog(level));
  state_->logger->flush_on(spdlog::level::warn);
  state_->logger->set_pattern(
      format == LogFormat::kJson
          ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","logger":"%n","thread":%t,"message":"%v"})"
          : "%Y-%m-%dT%H:%M:%S.%eZ %^%L%$ %v",
      spdlog::pattern_time_type::utc);
}

Log::Log(LogLevel level, std::function<void(LogLevel, const std::string&)> sink) : state_(std::make_unique<State>()) {
  state_->level = level;
  state_->sink = std::move(sink);
}

Log::~Log() {
  if (state_->logger) state_->logger->flush();
}

std::unique_ptr<Log> Log::Silent() {
  return std::make_unique<Log>(LogLevel::kOff, [](LogLevel, const std::string&) {});
}

void Log::Write(LogLevel level, absl::string_view message) const {
  if (level < state_->level || level == LogLevel::kOff) return;
  if (state_->sink) {
    state_->sink(level, std::string(message));
    return;
  }
  const std::string text = state_->format == LogFormat::kJson ? JsonEscaped(message) : OneLine(message);
  state_->logger->log(ToSpdlog(level), spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace tremorcast
