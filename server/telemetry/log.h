#pragma once

// The server's log: one line per event on standard error (or into a sink of a test), as text or as JSON lines. Passed
// in, never global. Callers keep secrets out of messages. Thread safety: any thread. Writing to standard error may
// block for as long as its reader does.

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace tremorcast {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };
enum class LogFormat { kText, kJson };

class Log {
 public:
  // To standard error.
  Log(const std::string& name, LogLevel level, LogFormat format);
  // To `sink`, one call per line (tests, capture).
  Log(LogLevel level, std::function<void(LogLevel, const std::string&)> sink);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  // Says nothing.
  static std::unique_ptr<Log> Silent();

  void Debug(absl::string_view message) const { Write(LogLevel::kDebug, message); }
  void Info(absl::string_view message) const { Write(LogLevel::kInfo, message); }
  void Warning(absl::string_view message) const { Write(LogLevel::kWarning, message); }
  void Error(absl::string_view message) const { Write(LogLevel::kError, message); }
  void Write(LogLevel level, absl::string_view message) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tremorcast
