#pragma once

// Shows how an ingest goes, on a terminal by one line that is rewritten, elsewhere by a log line
// now and then. A thread of its own reads the tally until the destructor stops it.

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "cli/ingest/tally.h"
#include "cli/text/console.h"

namespace tremorcast::cli {

struct ProgressCounters {
  int64_t files_total = 0;  // 0 when it is unknown, as it is when following
  int64_t bytes_total = 0;  // of all files as they lie on disk
  std::atomic<int64_t> files_done{0};
  std::atomic<int64_t> bytes_done{0};
};

// The state of things as one line of text, at most `width` columns wide.
std::string ProgressLine(const ProgressCounters& counters, const TallyCounts& counts, absl::Duration elapsed,
                         int width);

class Progress {
 public:
  Progress(Console& console, Tally& tally, const ProgressCounters& counters,
           absl::Duration log_interval = absl::Seconds(10));
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void Run();

  const bool terminal_;
  const int width_;
  Tally& tally_;
  const ProgressCounters& counters_;
  const absl::Duration interval_;
  const absl::Time started_;
  absl::Mutex mutex_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tremorcast::cli
