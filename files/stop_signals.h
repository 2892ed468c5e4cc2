#pragma once

// SIGINT and SIGTERM as a request to stop: the handler only notes the signal and wakes those who
// wait.
//
// There is one per process, and it lives as long. Thread safe. System calls that a signal
// interrupts are resumed where the system can do so.

#include <atomic>
#include <cstdint>

#include <absl/time/time.h>

namespace tremorcast {

class StopSignals {
 public:
  // What one more signal does after the first.
  enum class Second : int8_t { kIsIgnored, kEndsTheProcess };

  // Takes both signals over; call it once. Null when the system refuses.
  static const StopSignals* Install(Second second);

  const std::atomic<bool>& requested() const { return requested_; }
  // The newest signal; 0 before the first.
  int number() const { return number_; }
  // Blocks for `duration`, or until a signal comes. False when one has come, also before the call.
  bool Wait(absl::Duration duration) const;

 private:
  explicit StopSignals(Second second) : second_(second) {}
  static void OnSignal(int number);

  const Second second_;
  std::atomic<bool> requested_ = false;
  std::atomic<int> number_ = 0;
  int pipe_[2] = {-1, -1};  // what is written here is never read, so that later waits end at once too
};

}  // namespace tremorcast
