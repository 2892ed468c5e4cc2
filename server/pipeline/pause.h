#pragma once

// A wait that another thread may end early, counted on the monotonic clock. absl's timed waits of
// Debian 12 count on the wall clock: a wall clock set back would make a loop that pauses with them
// stand still for as long as it was wrong. Thread safe; one thread waits.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include <absl/time/time.h>

namespace tremorcast {

class Pause {
 public:
  // True when Wake ended it, also one that came before.
  bool WaitFor(absl::Duration time) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoNanoseconds(time), [this] { return woken_; });
    return std::exchange(woken_, false);
  }
  void Wake() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      woken_ = true;
    }
    changed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
};

}  // namespace tremorcast
