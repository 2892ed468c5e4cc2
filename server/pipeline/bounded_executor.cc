#include "server/pipeline/bounded_executor.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/check.h"

namespace tremorcast {

BoundedExecutor::BoundedExecutor(Options options, ExecutorMetrics& metrics)
    : options_(std::move(options)), metrics_(metrics) {
  TREMORCAST_CHECK(options_.threads > 0);
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Work(); });
}

BoundedExecutor::~BoundedExecutor() { Stop(); }

absl::Status BoundedExecutor::Submit(absl::AnyInvocable<void()> task) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return absl::UnavailableError(absl::StrCat("the ", options_.name, " executor is stopping"));
  if (queue_.size() >= options_.max_queued) {
    metrics_.refused.Increment();
    return absl::ResourceExhaustedError(
        absl::StrCat("the ", options_.name, " executor has ", queue_.size(), " tasks waiting"));
  }
  queue_.push_back({std::move(task), absl::Now(), TraceScope::Current()});
  metrics_.queued.Set(static_cast<double>(queue_.size()));
  return absl::OkStatus();
}

absl::Duration BoundedExecutor::RetryAfter() const {
  absl::MutexLock lock(&mutex_);
  return std::clamp(recent_wait_, absl::Milliseconds(100), absl::Seconds(10));
}

void BoundedExecutor::Work() {
  while (true) {
    Waiting next;
    {
      absl::MutexLock lock(&mutex_);
      const auto ready = [this] {
        mutex_.AssertReaderHeld();
        return stopping_ || !queue_.empty();
      };
      mutex_.Await(absl::Condition(&ready));
      if (queue_.empty()) return;
      next = std::move(queue_.front());
      queue_.pop_front();
      recent_wait_ = absl::Now() - next.queued_at;
      metrics_.queued.Set(static_cast<double>(queue_.size()));
      metrics_.wait_seconds.Observe(absl::ToDoubleSeconds(recent_wait_));
      if (options_.queue_seconds != nullptr) options_.queue_seconds->Observe(absl::ToDoubleSeconds(recent_wait_));
    }
    const TraceScope scope(std::move(next.trace));
    next.task();
  }
}

void BoundedExecutor::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace tremorcast
