#pragma once

// A clock that stands still until it is told otherwise. Thread safe.

#include <atomic>
#include <cstdint>

#include <absl/time/time.h>

#include "core/base/clock.h"

namespace tremorcast {

class FakeClock : public Clock {
 public:
  explicit FakeClock(absl::Time now = absl::FromUnixSeconds(1'606'000'000)) : now_ns_(absl::ToUnixNanos(now)) {}

  absl::Time Now() const override { return absl::FromUnixNanos(now_ns_.load()); }
  void Set(absl::Time now) { now_ns_ = absl::ToUnixNanos(now); }
  void Advance(absl::Duration by) { now_ns_ += absl::ToInt64Nanoseconds(by); }

 private:
  std::atomic<int64_t> now_ns_;
};

}  // namespace tremorcast
