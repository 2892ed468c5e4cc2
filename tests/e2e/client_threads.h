#pragma once

// Clients of a service, each in a thread of its own until they are told to stop, and what they saw:
// how many answers of each kind of call, and every fault. Thread safety: all of it; Start and Stop
// from the test's thread.

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

namespace tremorcast {

class ClientThreads {
 public:
  ~ClientThreads() { Stop(); }

  // `body` runs once, until stopping(), and calls Answered(kind) for each answer.
  void Start(const std::string& kind, std::function<void()> body);
  // `once` runs again and again, with 0, 1, ...
  void Repeat(const std::string& kind, std::function<void(int)> once);
  void Stop();
  bool stopping() const { return stop_; }

  void Answered(const std::string& kind);
  void Fault(const std::string& what);
  // Until each kind has been answered `more` times again; false when that takes longer than
  // `patience`.
  bool AwaitAnswers(int64_t more, absl::Duration patience);
  std::vector<std::string> faults() const;
  std::map<std::string, int64_t> answers() const;

 private:
  std::atomic<bool> stop_{false};
  mutable absl::Mutex mutex_;
  std::map<std::string, int64_t> answers_ ABSL_GUARDED_BY(mutex_);  // every kind that was started
  std::vector<std::string> faults_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace tremorcast
