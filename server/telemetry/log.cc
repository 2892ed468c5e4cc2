#include "server/telemetry/log.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/clock.h>
#include <nlohmann/json.hpp>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>

#include "core/base/plain_text.h"
#include "server/telemetry/log_repeats.h"
#include "server/telemetry/log_sink.h"
#include "server/telemetry/trace_context.h"

namespace tremorcast {
namespace {

// With lines of this length at most the queue holds 36 MB at the very most, usually 2.
constexpr size_t kQueuedLines = 4096;
constexpr size_t kMaxTextBytes = 4096;
constexpr size_t kMaxFieldBytes = 1024;
constexpr absl::Duration kLastLines = absl::Seconds(2);

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

using FieldList = std::vector<std::pair<absl::string_view, absl::string_view>>;

// The members of a JSON object, without its braces. Bytes that are no UTF-8 become U+FFFD.
std::string JsonMembers(absl::string_view message, const FieldList& fields) {
  nlohmann::ordered_json line;
  line["message"] = std::string(message.substr(0, kMaxTextBytes));
  for (const auto& [name, value] : fields) line[std::string(name)] = std::string(value.substr(0, kMaxFieldBytes));
  const std::string object = line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return object.substr(1, object.size() - 2);
}

// One event stays one line of plain text, so that nobody can forge a second one through a name, nor
// turn a terminal.
std::string OneLine(absl::string_view message, const FieldList& fields) {
  std::string line(message.substr(0, kMaxTextBytes));
  for (const auto& [name, whole] : fields) {
    const absl::string_view value = whole.substr(0, kMaxFieldBytes);
    const bool quoted = value.empty() || absl::StrContains(value, ' ') || absl::StrContains(value, '=');
    absl::StrAppend(&line, " ", name, "=", quoted ? "\"" : "", absl::StrReplaceAll(value, {{"\"", "'"}}),
                    quoted ? "\"" : "");
  }
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return PlainText(line);
}

}  // namespace

struct Log::State {
  LogLevel level = LogLevel::kOff;
  LogFormat format = LogFormat::kText;
  std::shared_ptr<LogSink> out;
  std::shared_ptr<spdlog::details::thread_pool> queue;
  std::shared_ptr<spdlog::async_logger> logger;
  std::function<void(LogLevel, const std::string&)> sink;
  absl::Mutex mutex;
  LogRepeats repeats ABSL_GUARDED_BY(mutex);
};

Log::Log(const std::string& name, LogLevel level, LogFormat format, int descriptor)
    : state_(std::make_unique<State>()) {
  state_->level = level;
  state_->format = format;
  state_->out = std::make_shared<LogSink>(descriptor);
  state_->queue = std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1);
  state_->logger = std::make_shared<spdlog::async_logger>(name, state_->out, state_->queue,
                                                          spdlog::async_overflow_policy::overrun_oldest);
  state_->logger->set_level(ToSpdlog(level));
  state_->logger->set_pattern(format == LogFormat::kJson
                                  ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","logger":"%n","thread":%t,%v})"
                                  : "%Y-%m-%dT%H:%M:%S.%eZ %L %v",
                              spdlog::pattern_time_type::utc);
}

Log::Log(LogLevel level, std::function<void(LogLevel, const std::string&)> sink) : state_(std::make_unique<State>()) {
  state_->level = level;
  state_->sink = std::move(sink);
}

Log::~Log() {
  PutRepeatsUntil(absl::InfiniteFuture());
  if (state_->out != nullptr) state_->out->EndBy(absl::Now() + kLastLines);
  // The logger first: the queue's end waits for its thread, which ends behind the last line.
  state_->logger = nullptr;
  state_->queue = nullptr;
}

std::unique_ptr<Log> Log::Silent() {
  return std::make_unique<Log>(LogLevel::kOff, [](LogLevel, const std::string&) {});
}

bool Log::Enabled(LogLevel level) const { return level >= state_->level && level != LogLevel::kOff; }

int64_t Log::dropped() const {
  return state_->out == nullptr ? 0 : state_->out->dropped() + static_cast<int64_t>(state_->queue->overrun_counter());
}

void Log::Put(LogLevel level, absl::string_view message, Fields given, const TraceContext& trace) const {
  FieldList fields = given;
  if (!trace.trace_id.empty()) fields.emplace_back("trace_id", trace.trace_id);
  if (!trace.span_id.empty()) fields.emplace_back("span_id", trace.span_id);
  if (state_->sink) {
    state_->sink(level, OneLine(message, fields));
    return;
  }
  const std::string text = state_->format == LogFormat::kJson ? JsonMembers(message, fields) : OneLine(message, fields);
  state_->logger->log(ToSpdlog(level), spdlog::string_view_t(text.data(), text.size()));
}

void Log::PutRepeats() const { PutRepeatsUntil(absl::Now()); }

void Log::PutRepeatsUntil(absl::Time now) const {
  std::vector<LogRepeats::Summary> due;
  {
    absl::MutexLock lock(&state_->mutex);
    due = state_->repeats.TakeDue(now);
  }
  for (const LogRepeats::Summary& summary : due) {
    const std::string count = absl::StrCat(summary.count);
    Put(static_cast<LogLevel>(summary.level), absl::StrCat(count, " more like this: ", summary.example),
        {{"repeated", count}}, {});
  }
}

void Log::Write(LogLevel level, absl::string_view message, Fields fields) const {
  if (!Enabled(level)) return;
  const absl::Time now = absl::Now();
  PutRepeatsUntil(now);
  const bool state_change =
      std::any_of(fields.begin(), fields.end(), [](const auto& field) { return field.first == "event"; });
  if (level >= LogLevel::kWarning && !state_change) {
    absl::MutexLock lock(&state_->mutex);
    if (!state_->repeats.Offer(static_cast<int>(level), message, now)) return;
  }
  Put(level, message, fields, TraceScope::Current().value_or(TraceContext()));
}

}  // namespace tremorcast
