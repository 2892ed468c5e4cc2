#include "files/stop_signals.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <absl/time/clock.h>

#include "core/base/check.h"

namespace tremorcast {
namespace {

StopSignals* installed = nullptr;  // set before the handlers are

}  // namespace

const StopSignals* StopSignals::Install(Second second) {
  TREMORCAST_CHECK(installed == nullptr);
  installed = new StopSignals(second);
  if (::pipe2(installed->pipe_, O_CLOEXEC) != 0) return nullptr;
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  const bool taken = ::sigaction(SIGTERM, &action, nullptr) == 0 && ::sigaction(SIGINT, &action, nullptr) == 0;
  return taken ? installed : nullptr;
}

void StopSignals::OnSignal(int number) {
  installed->number_ = number;
  if (installed->requested_.exchange(true) && installed->second_ == Second::kEndsTheProcess) ::_exit(128 + number);
  const int saved = errno;
  [[maybe_unused]] const ssize_t written = ::write(installed->pipe_[1], "x", 1);
  errno = saved;
}

bool StopSignals::Wait(absl::Duration duration) const {
  const absl::Time until = absl::Now() + duration;
  while (!requested_) {
    const absl::Duration left = until - absl::Now();
    if (left <= absl::ZeroDuration()) return true;
    const int64_t left_ms = absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)));
    pollfd wake = {pipe_[0], POLLIN, 0};
    ::poll(&wake, 1, static_cast<int>(std::min<int64_t>(left_ms, 3'600'000)));
  }
  return false;
}

}  // namespace tremorcast
