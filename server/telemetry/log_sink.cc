#include "server/telemetry/log_sink.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <unistd.h>

#include <absl/time/clock.h>

namespace tremorcast {
namespace {

constexpr int kLookAgainMs = 100;

}  // namespace

bool LogSink::AwaitRoom() const {
  for (;;) {
    const bool over = absl::GetCurrentTimeNanos() >= end_ns_.load();
    pollfd out = {descriptor_, POLLOUT, 0};
    const int ready = ::poll(&out, 1, over ? 0 : kLookAgainMs);
    if (ready > 0) return (out.revents & POLLOUT) != 0;
    if (over || (ready < 0 && errno != EINTR)) return false;
  }
}

void LogSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  size_t written = 0;
  while (written < line.size()) {
    // A pipe with room has room for this much.
    const size_t piece = std::min<size_t>(line.size() - written, PIPE_BUF);
    const ssize_t sent = AwaitRoom() ? ::write(descriptor_, line.data() + written, piece) : -1;
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) {
      dropped_.fetch_add(1);
      return;
    }
    written += static_cast<size_t>(sent);
  }
}

}  // namespace tremorcast
