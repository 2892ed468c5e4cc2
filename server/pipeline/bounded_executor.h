#pragma once

// A fixed number of threads behind a bounded queue, for work that blocks: database calls and
// inference never run on a gRPC reaction.
//
// Submit: ResourceExhausted when the queue is full (answer it to the client, with a retry delay),
// Unavailable after Stop began. An accepted task runs exactly once, also during Stop. Thread
// safety: all of it; Stop must not be called from a task. Submit never blocks. What a task logs has
// the trace of whoever submitted it.

#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "server/telemetry/metrics.h"
#include "server/telemetry/trace_context.h"

namespace tremorcast {

class BoundedExecutor {
 public:
  struct Options {
    std::string name;  // in messages
    int threads = 2;
    size_t max_queued = 256;  // waiting, not running
    // Also observes each task's waiting time, e.g. InferenceMetrics::queue_seconds. May be null.
    prometheus::Histogram* queue_seconds = nullptr;
  };
  BoundedExecutor(Options options, ExecutorMetrics& metrics);
  ~BoundedExecutor();  // Stop()
  BoundedExecutor(const BoundedExecutor&) = delete;
  BoundedExecutor& operator=(const BoundedExecutor&) = delete;

  absl::Status Submit(absl::AnyInvocable<void()> task);
  // What a refused client may wait: grows with the queue's recent waiting time.
  absl::Duration RetryAfter() const;
  // Refuses new tasks, runs the accepted ones, joins. Idempotent.
  void Stop();

 private:
  struct Waiting {
    absl::AnyInvocable<void()> task;
    absl::Time queued_at;
    std::optional<TraceContext> trace;
  };
  void Work();

  const Options options_;
  ExecutorMetrics& metrics_;
  mutable absl::Mutex mutex_;
  std::deque<Waiting> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Duration recent_wait_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace tremorcast
