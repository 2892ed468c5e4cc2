#pragma once

// From admitted batches to committed ones: a queue bounded in bytes and shared fairly between
// stations (FairQueue), and writer threads that take all that waits (up to a limit) and store it in
// one transaction. There is no artificial delay: while one commit runs the next group gathers by
// itself.
//
// Nothing is acknowledged before its commit: `done` gets the store's answer, on a writer thread,
// outside any lock, exactly once per admitted batch, also during Drain. It must not block and must
// not call back into Submit while it holds a lock of its own. A group that fails as a whole with
// InvalidArgument or Internal is sent again batch by batch, so a poisonous batch fails alone. A
// group that fails with Unavailable or DeadlineExceeded is answered so: the client sends again,
// which is harmless. Thread safety: all of it. Submit never blocks; Drain blocks until the queue is
// empty.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "core/observation/observation.h"
#include "core/ports/observation_store.h"
#include "server/pipeline/fair_queue.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"
#include "server/telemetry/trace_context.h"

namespace tremorcast {

class IngestPipeline {
 public:
  struct Options {
    int64_t capacity_bytes = int64_t{64} << 20;  // waiting and being written
    int writers = 2;
    int64_t max_group_rows = 20000;
    int64_t max_group_bytes = int64_t{16} << 20;        // a single batch may exceed it and then goes alone
    absl::Duration commit_timeout = absl::Seconds(30);  // real time, whatever clock the service runs on
    absl::Duration min_retry_after = absl::Milliseconds(100);
    absl::Duration max_retry_after = absl::Seconds(10);

    absl::Status Validate() const;
  };
  using Done = std::function<void(absl::StatusOr<BatchResult>)>;

  struct Admission {
    // Ok: `done` will be called. ResourceExhausted: full, or this station's share is. Unavailable:
    // draining.
    absl::Status status;
    absl::Duration retry_after;  // what to tell the client when not ok
  };

  IngestPipeline(Options options, ObservationStore& store, IngestMetrics& metrics, const Log& log);
  ~IngestPipeline();  // Drain()
  IngestPipeline(const IngestPipeline&) = delete;
  IngestPipeline& operator=(const IngestPipeline&) = delete;

  // `bytes`: what the batch costs in memory (its encoded size will do). A batch larger than the
  // whole capacity is InvalidArgument. The batch is taken only when admitted: a refused one is left
  // as it was, so that a stream can offer it again.
  [[nodiscard]] Admission Submit(ObservationBatch&& batch, int64_t bytes, Done done);

  int64_t queued_bytes() const;
  // Refuses new batches, commits those admitted, joins the writers. Idempotent.
  void Drain();

 private:
  struct Item {
    ObservationBatch batch;
    int64_t bytes = 0;
    Done done;
    std::optional<TraceContext> trace;  // of whoever submitted it, for what is logged of it
  };
  void Write();
  std::vector<Item> TakeGroup();
  void Commit(std::vector<Item> group);
  std::vector<absl::StatusOr<BatchResult>> StoreOnce(const std::vector<const ObservationBatch*>& group);
  void Account(const Item& item, const absl::StatusOr<BatchResult>& result);
  absl::Duration RetryAfter() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  ObservationStore& store_;
  IngestMetrics& metrics_;
  const Log& log_;
  mutable absl::Mutex mutex_;
  FairQueue<Item> queue_ ABSL_GUARDED_BY(mutex_);
  double bytes_per_second_ ABSL_GUARDED_BY(mutex_) = 0;  // recent, for the retry delay
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> writers_;
};

}  // namespace tremorcast
