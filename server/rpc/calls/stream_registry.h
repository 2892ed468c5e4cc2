#pragma once

// The open streams, so that each ends by itself: when it has reached its age (before the
// connection's age would cut it, which is what MAX_CONNECTION_AGE_GRACE does) and when the server
// drains.
//
// Ownership: streams are not owned; each adds itself when it starts and removes itself before it is
// gone.
// Thread safety: all of it. EndSoon is called on the registry's thread, or the drainer's, under the
// registry's lock: it must not block, nor call back into the registry. Remove waits for a running
// EndSoon of any stream.

#include <cstdint>
#include <map>
#include <thread>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

namespace tremorcast::rpc {

class StreamRegistry {
 public:
  class Stream {
   public:
    // Say goodbye and end. May be called more than once.
    virtual void EndSoon() = 0;

   protected:
    ~Stream() = default;
  };

  // `max_age`: each stream is told to end at 90 to 100 % of it, so that streams that began together
  // do not end together.
  explicit StreamRegistry(absl::Duration max_age);
  ~StreamRegistry();
  StreamRegistry(const StreamRegistry&) = delete;
  StreamRegistry& operator=(const StreamRegistry&) = delete;

  // During a drain EndSoon is called at once.
  void Add(Stream* stream);
  void Remove(Stream* stream);
  // Every stream, present and future, is told to end.
  void Drain();
  // True when none is left by `deadline`.
  bool WaitUntilEmpty(absl::Time deadline);
  int64_t size() const;

 private:
  void Run();
  absl::Time NextDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const absl::Duration max_age_;
  mutable absl::Mutex mutex_;
  std::map<Stream*, absl::Time> due_ ABSL_GUARDED_BY(mutex_);
  uint64_t added_ ABSL_GUARDED_BY(mutex_) = 0;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool changed_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tremorcast::rpc
