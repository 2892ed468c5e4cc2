#pragma once

// The machine's clock. Thread safe.

#include "absl/time/clock.h"

#include "core/clock.h"

namespace tremorcast {

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace tremorcast
