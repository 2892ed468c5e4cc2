#pragma once

// Tells clients that cancel now and then from floods of calls that are opened to be cancelled
// (CVE-2023-44487): of each connection so many at once, so many a second, and so many that have come
// and not ended yet. The last is what a loaded server sees first: HTTP/2 bounds the streams that are
// open, not those that were reset and still wait to be seen to. Thread safe; `cut` is called without
// a lock, on the thread of the call.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "core/operation/token_buckets.h"

namespace tremorcast::rpc {

class ResetWatch {
 public:
  // `max_streams`: how many a connection may have open, at least 1.
  ResetWatch(int max_streams, std::function<void(const std::string& peer)> cut)
      : most_unended_(int64_t{2} * max_streams + kSpare), cut_(std::move(cut)) {}

  // A call of this connection came, whatever it asks for.
  void Came(const std::string& peer);
  // One that came has ended.
  void Ended(const std::string& peer);
  // Its client cancelled it.
  void Cancelled(const std::string& peer, absl::Time now);

 private:
  // All streams of a connection may be cancelled at once when a client gives up, and then some; after
  // that a client that does nothing but cancel has a second for each fifty.
  static constexpr TokenBuckets::Options kCalls = {1000, 50};
  // A client that gives all its streams up and opens as many anew is not behind; the rest is what may
  // end before it is seen to have.
  static constexpr int kSpare = 1000;

  const int64_t most_unended_;
  const std::function<void(const std::string& peer)> cut_;
  absl::Mutex mutex_;
  TokenBuckets calls_ ABSL_GUARDED_BY(mutex_){kCalls};
  std::map<std::string, int64_t> unended_ ABSL_GUARDED_BY(mutex_);  // above 0
};

}  // namespace tremorcast::rpc
