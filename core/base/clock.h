#pragma once

// Where the time comes from. Everything that decides by time takes a Clock, so a test can move a
// week in a step. Implementations are safe to call from any thread and never block.

#include <absl/time/time.h>

namespace tremorcast {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

}  // namespace tremorcast
