#pragma once

// Failures on order for the fake stores: the next `times` calls answer `status` and change nothing.
// A hook runs at the start of every call, without any lock held, so that a test may hold a call
// back. Thread safe.

#include <functional>
#include <utility>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>

namespace tremorcast {

class Faults {
 public:
  void FailNext(absl::Status status, int times = 1) {
    absl::MutexLock lock(&mutex_);
    status_ = std::move(status);
    times_ = times;
  }
  void SetHook(std::function<void()> hook) {
    absl::MutexLock lock(&mutex_);
    hook_ = std::move(hook);
  }

  // What the call must return, OK to go on.
  absl::Status Next() {
    std::function<void()> hook;
    {
      absl::MutexLock lock(&mutex_);
      hook = hook_;
    }
    if (hook) hook();
    absl::MutexLock lock(&mutex_);
    if (times_ == 0) return absl::OkStatus();
    --times_;
    return status_;
  }

 private:
  absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  int times_ ABSL_GUARDED_BY(mutex_) = 0;
  std::function<void()> hook_ ABSL_GUARDED_BY(mutex_);
};

// Stores keep microseconds, as PostgreSQL does.
inline absl::Time ToStoredTime(absl::Time t) {
  if (t == absl::InfinitePast() || t == absl::InfiniteFuture()) return t;
  return absl::FromUnixMicros(absl::ToUnixMicros(t));
}

}  // namespace tremorcast
