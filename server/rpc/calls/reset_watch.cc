#include "server/rpc/calls/reset_watch.h"

namespace tremorcast::rpc {

void ResetWatch::Came(const std::string& peer) {
  {
    absl::MutexLock lock(&mutex_);
    if (++unended_[peer] <= most_unended_) return;
  }
  cut_(peer);
}

void ResetWatch::Ended(const std::string& peer) {
  absl::MutexLock lock(&mutex_);
  const auto it = unended_.find(peer);
  if (it != unended_.end() && --it->second == 0) unended_.erase(it);
}

void ResetWatch::Cancelled(const std::string& peer, absl::Time now) {
  {
    absl::MutexLock lock(&mutex_);
    if (calls_.Take(peer, now) == absl::ZeroDuration()) return;
    calls_.Forget(peer);
  }
  cut_(peer);
}

}  // namespace tremorcast::rpc
