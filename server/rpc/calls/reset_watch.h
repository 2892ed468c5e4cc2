#pragma once

// Tells clients that cancel now and then from floods of calls that are opened to be cancelled
// (CVE-2023-44487): of each connection so many at once, so many a second. Thread safe; `cut` is
// called without a lock, on the thread of the call.

#include <functional>
#include <string>
#include <utility>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "core/operation/token_buckets.h"

namespace tremorcast::rpc {

class ResetWatch {
 public:
  explicit ResetWatch(std::function<void(const std::string& peer)> cut) : cut_(std::move(cut)) {}

  // A call of this connection ended because its client cancelled it.
  void Cancelled(const std::string& peer, absl::Time now);

 private:
  // All streams of a connection may be cancelled at once when a client gives up, and then some; after
  // that a client that does nothing but cancel has a second for each fifty.
  static constexpr TokenBuckets::Options kCalls = {1000, 50};

  const std::function<void(const std::string& peer)> cut_;
  absl::Mutex mutex_;
  TokenBuckets calls_ ABSL_GUARDED_BY(mutex_){kCalls};
};

}  // namespace tremorcast::rpc
