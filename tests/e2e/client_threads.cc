#include "tests/e2e/client_threads.h"

#include <utility>

namespace tremorcast {

void ClientThreads::Start(const std::string& kind, std::function<void()> body) {
  {
    absl::MutexLock lock(&mutex_);
    answers_.emplace(kind, 0);
  }
  threads_.emplace_back(std::move(body));
}

void ClientThreads::Repeat(const std::string& kind, std::function<void(int)> once) {
  Start(kind, [this, once = std::move(once)] {
    for (int n = 0; !stop_; ++n) once(n);
  });
}

void ClientThreads::Stop() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ClientThreads::Answered(const std::string& kind) {
  absl::MutexLock lock(&mutex_);
  ++answers_[kind];
}

void ClientThreads::Fault(const std::string& what) {
  absl::MutexLock lock(&mutex_);
  faults_.push_back(what);
}

bool ClientThreads::AwaitAnswers(int64_t more, absl::Duration patience) {
  absl::MutexLock lock(&mutex_);
  std::map<std::string, int64_t> wanted = answers_;
  for (auto& [kind, count] : wanted) count += more;
  const auto there = [&] {
    mutex_.AssertReaderHeld();
    for (const auto& [kind, count] : wanted) {
      if (answers_[kind] < count) return false;
    }
    return true;
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&there), patience);
}

std::vector<std::string> ClientThreads::faults() const {
  absl::MutexLock lock(&mutex_);
  return faults_;
}

std::map<std::string, int64_t> ClientThreads::answers() const {
  absl::MutexLock lock(&mutex_);
  return answers_;
}

}  // namespace tremorcast
