#pragma once

// The machine's clock, outside core, which reads none. Thread safe.

#include <absl/time/clock.h>

#include "core/base/clock.h"

namespace tremorcast {

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace tremorcast
