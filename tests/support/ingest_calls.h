#pragma once

// Unary ingest calls of an open loop: each is sent without waiting for those before it, and how it
// ended is kept. Thread safety: all of it. The destructor waits for every call.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include "tremorcast/v1/ingest_service.grpc.pb.h"

namespace tremorcast {

class IngestCalls {
 public:
  struct End {
    v1::ObservationBatch batch;
    grpc::Status status;
    std::string pushback;  // the trailer grpc-retry-pushback-ms; empty without one
    v1::BatchVerdict verdict;
    absl::Duration took;
  };
  explicit IngestCalls(std::shared_ptr<grpc::Channel> channel);
  ~IngestCalls();
  IngestCalls(const IngestCalls&) = delete;
  IngestCalls& operator=(const IngestCalls&) = delete;

  // Never blocks. `done`, on one of gRPC's threads, may send again; its call is kept only without a
  // `done`.
  void Send(v1::ObservationBatch batch, std::function<void(End)> done = {});
  // True once so many that were sent without `done` have ended.
  bool AwaitEnded(size_t count, absl::Duration patience);
  // What has ended so far, in that order; forgotten here.
  std::vector<End> TakeEnds();

 private:
  struct Call;
  const std::unique_ptr<v1::IngestService::Stub> stub_;
  absl::Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<End> ends_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tremorcast
