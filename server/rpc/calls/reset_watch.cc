#include "server/rpc/calls/reset_watch.h"

namespace tremorcast::rpc {

void ResetWatch::Cancelled(const std::string& peer, absl::Time now) {
  {
    absl::MutexLock lock(&mutex_);
    if (calls_.Take(peer, now) == absl::ZeroDuration()) return;
    calls_.Forget(peer);
  }
  cut_(peer);
}

}  // namespace tremorcast::rpc
