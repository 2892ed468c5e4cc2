#include "trainer/command/stop_signals.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "absl/time/clock.h"

namespace tremorcast {
namespace {

std::atomic<bool> stop_requested{false};
std::atomic<int> stop_signal{0};
int wake_pipe[2] = {-1, -1};

void OnSignal(int signal) {
  stop_signal = signal;
  stop_requested = true;
  const int saved = errno;
  [[maybe_unused]] const ssize_t written = write(wake_pipe[1], "x", 1);
  errno = saved;
}

}  // namespace

absl::Status CatchStopSignals() {
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  if (pipe(wake_pipe) != 0 || sigaction(SIGTERM, &action, nullptr) != 0 || sigaction(SIGINT, &action, nullptr) != 0) {
    return absl::InternalError("signal handlers cannot be installed");
  }
  return absl::OkStatus();
}

const std::atomic<bool>& StopRequested() { return stop_requested; }

std::optional<int> StopExitStatus() { return stop_signal == 0 ? std::nullopt : std::optional<int>(128 + stop_signal); }

void SleepUntil(absl::Time until) {
  while (!stop_requested && absl::Now() < until) {
    const int64_t left_ms = absl::ToInt64Milliseconds(until - absl::Now()) + 1;
    pollfd wake = {wake_pipe[0], POLLIN, 0};
    poll(&wake, 1, static_cast<int>(std::min<int64_t>(left_ms, 3'600'000)));
  }
}

}  // namespace tremorcast
