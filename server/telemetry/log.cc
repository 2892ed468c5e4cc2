#include "server/telemetry/log.h"

#include <utility>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>

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

// The members of a JSON object, without its braces. Bytes that are no UTF-8 become U+FFFD.
std::string JsonMembers(absl::string_view message, Log::Fields fields) {
  nlohmann::ordered_json line;
  line["message"] = std::string(message);
  for (const auto& [name, value] : fields) line[std::string(name)] = std::string(value);
  const std::string object = line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return object.substr(1, object.size() - 2);
}

// One event stays one line, so that nobody can forge a second one through a name.
std::string OneLine(absl::string_view message, Log::Fields fields) {
  std::string line(message);
  for (const auto& [name, value] : fields) {
    const bool quoted = value.empty() || absl::StrContains(value, ' ') || absl::StrContains(value, '=');
    absl::StrAppend(&line, " ", name, "=", quoted ? "\"" : "", absl::StrReplaceAll(value, {{"\"", "'"}}),
                    quoted ? "\"" : "");
  }
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
  state_->logger->set_pattern(format == LogFormat::kJson
                                  ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","logger":"%n","thread":%t,%v})"
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

bool Log::Enabled(LogLevel level) const { return level >= state_->level && level != LogLevel::kOff; }

void Log::Write(LogLevel level, absl::string_view message, Fields fields) const {
  if (!Enabled(level)) return;
  if (state_->sink) {
    state_->sink(level, OneLine(message, fields));
    return;
  }
  const std::string text = state_->format == LogFormat::kJson ? JsonMembers(message, fields) : OneLine(message, fields);
  state_->logger->log(ToSpdlog(level), spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace tremorcast
