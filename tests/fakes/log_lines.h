#pragma once

// The lines of a log, for tests that read them. Thread safe.

#include <memory>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/strings/match.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>

#include "server/telemetry/log.h"

namespace tremorcast {

class LogLines {
 public:
  // Writes here: nobody may use it once we are gone.
  std::unique_ptr<Log> NewLog(LogLevel level = LogLevel::kInfo) {
    return std::make_unique<Log>(level, [this](LogLevel, const std::string& line) {
      absl::MutexLock lock(&mutex_);
      lines_.push_back(line);
    });
  }
  // Those that hold `text`, in the order in which they were written.
  std::vector<std::string> With(absl::string_view text) const {
    absl::MutexLock lock(&mutex_);
    std::vector<std::string> found;
    for (const std::string& line : lines_) {
      if (absl::StrContains(line, text)) found.push_back(line);
    }
    return found;
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tremorcast
