#include "server/rpc/calls/stream_registry.h"

#include <algorithm>

#include <absl/time/clock.h>

namespace tremorcast::rpc {

StreamRegistry::StreamRegistry(absl::Duration max_age) : max_age_(max_age), thread_([this] { Run(); }) {}

StreamRegistry::~StreamRegistry() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void StreamRegistry::Add(Stream* stream) {
  absl::MutexLock lock(&mutex_);
  due_[stream] = absl::Now() + max_age_ * (1.0 - 0.1 * static_cast<double>(added_++ % 16) / 16);
  changed_ = true;
  if (draining_) stream->EndSoon();
}

void StreamRegistry::Remove(Stream* stream) {
  absl::MutexLock lock(&mutex_);
  due_.erase(stream);
}

void StreamRegistry::Drain() {
  absl::MutexLock lock(&mutex_);
  draining_ = true;
  for (const auto& [stream, due] : due_) stream->EndSoon();
}

bool StreamRegistry::WaitUntilEmpty(absl::Time deadline) {
  const auto empty = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return due_.empty(); };
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithDeadline(absl::Condition(&empty), deadline);
}

int64_t StreamRegistry::size() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int64_t>(due_.size());
}

absl::Time StreamRegistry::NextDue() const {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& [stream, due] : due_) next = std::min(next, due);
  return next;
}

void StreamRegistry::Run() {
  const auto woken = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || changed_; };
  absl::MutexLock lock(&mutex_);
  while (!stopping_) {
    mutex_.AwaitWithDeadline(absl::Condition(&woken), NextDue());
    changed_ = false;
    const absl::Time now = absl::Now();
    for (auto& [stream, due] : due_) {
      if (due > now) continue;
      due = absl::InfiniteFuture();  // told once
      stream->EndSoon();
    }
  }
}

}  // namespace tremorcast::rpc
