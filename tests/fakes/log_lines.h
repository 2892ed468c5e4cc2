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
  // Writes here, and may outlive us.
  std::unique_ptr<Log> NewLog(LogLevel level = LogLevel::kInfo) const {
    return std::make_unique<Log>(level, [kept = kept_](LogLevel, const std::string& line) {
      absl::MutexLock lock(&kept->mutex);
      kept->lines.push_back(line);
    });
  }
  // Those that hold `text`, in the order in which they were written.
  std::vector<std::string> With(absl::string_view text) const {
    absl::MutexLock lock(&kept_->mutex);
    std::vector<std::string> found;
    for (const std::string& line : kept_->lines) {
      if (absl::StrContains(line, text)) found.push_back(line);
    }
    return found;
  }

 private:
  struct Kept {
    absl::Mutex mutex;
    std::vector<std::string> lines ABSL_GUARDED_BY(mutex);
  };
  const std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
};

}  // namespace tremorcast
