#pragma once

// The server's log: one line per event on standard error (or into a sink of a test), as text or as
// JSON lines. Passed in, never global. Each change of state is one line with a field `event`:
// readiness, leadership, swap, seal, issue, verify, retention, correction, check, drain, reload.
// Callers keep secrets out of messages. A line that is written for a call has the ids of its trace
// (trace_context.h) as last fields. Thread safety: any thread.
//
// Nobody who writes a line waits for its reader: lines go through a bounded queue to one thread,
// and while standard error takes nothing the oldest are dropped and counted. Warnings and errors
// without an `event` that repeat are aggregated (log_repeats.h); how many there were comes with the
// next line of any kind, or PutRepeats. The destructor gives the reader two seconds for what is left.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include "server/telemetry/trace_context.h"

namespace tremorcast {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };
enum class LogFormat { kText, kJson };

class Log {
 public:
  // To standard error, or to another open descriptor, which is not owned.
  Log(const std::string& name, LogLevel level, LogFormat format, int descriptor = 2);
  // To `sink`, one call per line (tests, capture).
  Log(LogLevel level, std::function<void(LogLevel, const std::string&)> sink);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  // Says nothing.
  static std::unique_ptr<Log> Silent();

  // What a line is about, for programs: {{"event", "seal"}, {"station", id}}. Names are ours and
  // never time, level, logger, thread, message, trace_id or span_id; values may come from outside. Text lines end with
  // name=value, JSON lines get members.
  using Fields = std::initializer_list<std::pair<absl::string_view, absl::string_view>>;

  void Debug(absl::string_view message, Fields fields = {}) const { Write(LogLevel::kDebug, message, fields); }
  void Info(absl::string_view message, Fields fields = {}) const { Write(LogLevel::kInfo, message, fields); }
  void Warning(absl::string_view message, Fields fields = {}) const { Write(LogLevel::kWarning, message, fields); }
  void Error(absl::string_view message, Fields fields = {}) const { Write(LogLevel::kError, message, fields); }
  void Write(LogLevel level, absl::string_view message, Fields fields = {}) const;
  // Whether a line of this level is written: for lines that cost something to put together.
  bool Enabled(LogLevel level) const;
  // Says what was left out of the windows that are over, where it is not known that lines will follow:
  // the readiness monitor does so each second.
  void PutRepeats() const;
  // Lines that were not written because nobody read them in time.
  int64_t dropped() const;

 private:
  void Put(LogLevel level, absl::string_view message, Fields fields, const TraceContext& trace) const;
  void PutRepeatsUntil(absl::Time now) const;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tremorcast
