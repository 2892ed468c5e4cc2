#pragma once

// The time of a replay, out of a file that whoever drives the replay writes: one line, RFC 3339, or
// a date in UTC+8. A step is a new line in the file; between two steps the time goes on at the pace
// of the machine's clock, counted from the file's modification, so that every process which reads
// the file has the same time and periods of jobs pass. It cannot race: the weeks pass when the
// driver says so, however slow the machine is.
//
// Never goes back, and keeps to its last step while the file is missing, half written or says
// something earlier. The file is looked at again at most every 50 ms. Thread safe; Now() may read a
// small file, and does not block otherwise. Write the file beside it and rename:
// docs/decisions/0020.

#include <memory>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "core/base/clock.h"

namespace tremorcast {

class ReplayClock final : public Clock {
 public:
  // InvalidArgument: the file cannot be read, or holds no time.
  static absl::StatusOr<std::unique_ptr<ReplayClock>> Open(const std::string& path);

  absl::Time Now() const override;

 private:
  struct Step {
    absl::Time replayed;  // what the file says
    absl::Time since;     // when it was written, by the machine's clock
  };
  static absl::StatusOr<Step> Read(const std::string& path);
  ReplayClock(std::string path, Step step);

  const std::string path_;
  mutable absl::Mutex mutex_;
  mutable Step step_ ABSL_GUARDED_BY(mutex_);
  mutable absl::Time looked_at_ ABSL_GUARDED_BY(mutex_);
  mutable absl::Time latest_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace tremorcast
