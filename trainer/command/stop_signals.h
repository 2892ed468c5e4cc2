#pragma once

// SIGTERM and SIGINT as a wish to stop, which the work looks at between two steps. One per process.

#include <atomic>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace tremorcast {

// From now on both signals set the wish instead of ending the process. Internal: they cannot be caught.
absl::Status CatchStopSignals();

// True once either has come. Lives as long as the process.
const std::atomic<bool>& StopRequested();
// The exit status of a program that ends on the signal that came, 128 and its number; nothing before one came.
std::optional<int> StopExitStatus();
// Blocks until `until` by the machine's clock, or until a signal comes.
void SleepUntil(absl::Time until);

}  // namespace tremorcast
