#pragma once

// The end of the log's queue: one thread of spdlog's writes here, to a file descriptor whose reader
// may be slow or gone. Nobody waits for it but that thread, and it stops waiting at EndBy.
// EndBy and dropped may be called from any thread.

#include <atomic>
#include <cstdint>

#include <absl/time/time.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

namespace tremorcast {

class LogSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  // Not owned.
  explicit LogSink(int descriptor) : descriptor_(descriptor) {}

  // From then on a line that cannot be written at once is dropped.
  void EndBy(absl::Time deadline) { end_ns_.store(absl::ToUnixNanos(deadline)); }
  // Lines that nobody took.
  int64_t dropped() const { return dropped_.load(); }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}
  // Waits until a piece can be written without blocking. False: not any more.
  bool AwaitRoom() const;

  const int descriptor_;
  std::atomic<int64_t> end_ns_{INT64_MAX};
  std::atomic<int64_t> dropped_{0};
};

}  // namespace tremorcast
