#include "server/rpc/calls/reset_watch.h"

#include <algorithm>
#include <iterator>

namespace tremorcast::rpc {
namespace {

// All streams of a connection may be cancelled at once when a client gives up, and then some; after
// that a client that does nothing but cancel has a second for each fifty.
constexpr double kAtOnce = 1000;
constexpr double kPerSecond = 50;
// Connections beyond this number are looked through for those that have their whole allowance again,
// so often at most.
constexpr size_t kKeptWithoutLooking = 1000;
constexpr absl::Duration kLookEvery = absl::Seconds(1);

}  // namespace

void ResetWatch::Cancelled(const std::string& peer, absl::Time now) {
  const auto left = [now](const Allowance& allowance) {
    const double seconds = std::max(0.0, absl::ToDoubleSeconds(now - allowance.at));
    return std::min(kAtOnce, allowance.calls + seconds * kPerSecond);
  };
  {
    absl::MutexLock lock(&mutex_);
    Allowance& allowance = allowances_.try_emplace(peer, Allowance{kAtOnce, now}).first->second;
    allowance = {left(allowance) - 1, now};
    if (allowance.calls >= 0) {
      if (allowances_.size() > kKeptWithoutLooking && (now - looked_at_ >= kLookEvery || now < looked_at_)) {
        looked_at_ = now;
        for (auto it = allowances_.begin(); it != allowances_.end();) {
          it = left(it->second) >= kAtOnce ? allowances_.erase(it) : std::next(it);
        }
      }
      return;
    }
    allowances_.erase(peer);
  }
  cut_(peer);
}

}  // namespace tremorcast::rpc
