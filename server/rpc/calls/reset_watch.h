#pragma once

// Tells clients that cancel now and then from floods of calls that are opened to be cancelled
// (CVE-2023-44487): of each connection so many at once, so many a second. Thread safe; `cut` is
// called without a lock, on the thread of the call.

#include <functional>
#include <map>
#include <string>
#include <utility>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

namespace tremorcast::rpc {

class ResetWatch {
 public:
  explicit ResetWatch(std::function<void(const std::string& peer)> cut) : cut_(std::move(cut)) {}

  // A call of this connection ended because its client cancelled it.
  void Cancelled(const std::string& peer, absl::Time now);

 private:
  struct Allowance {
    double calls;
    absl::Time at;
  };

  const std::function<void(const std::string& peer)> cut_;
  absl::Mutex mutex_;
  std::map<std::string, Allowance> allowances_ ABSL_GUARDED_BY(mutex_);
  absl::Time looked_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace tremorcast::rpc
