#pragma once

// One StreamObservations call. Batches are committed strictly one after the other, so that the
// stored position never runs ahead of a batch that failed; the next batch is read and checked while
// the one before it commits. When the pipeline is full the stream keeps its batch, offers it again
// after the pipeline's delay and reads nothing more: gRPC's flow control then holds up the sender.
// A sender that is faster than it may be is held up in the same way.
//
// A fault of one batch is answered in its place. When the store cannot be reached the stream ends
// with UNAVAILABLE instead: a batch behind the failed one must not be stored before it. It ends
// too, with UNAUTHENTICATED, at the first batch after its sender's credential was taken out of the
// access list.
//
// Ownership: created by the service, deletes itself in OnDone. Thread safety: reactions, pipeline
// callbacks and EndSoon come from any thread; state is under one mutex. Nothing blocks.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <google/protobuf/arena.h>
#include <grpcpp/alarm.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "server/rpc/access/auth.h"
#include "server/rpc/calls/stream_life.h"
#include "server/rpc/calls/stream_registry.h"
#include "server/rpc/ingest/batch_intake.h"
#include "server/rpc/wire/convert_observation.h"
#include "server/telemetry/trace_context.h"
#include "tremorcast/v1/ingest_service.pb.h"

namespace tremorcast::rpc {

class ObservationStream final
    : public grpc::ServerBidiReactor<v1::StreamObservationsRequest, v1::StreamObservationsResponse>,
      private StreamRegistry::Stream {
 public:
  struct Parts {
    BatchIntake& intake;
    IngestPipeline& pipeline;
    StreamRegistry& registry;
    AccessControl& access;
  };
  static ObservationStream* Start(grpc::CallbackServerContext* context, Parts parts);

 private:
  // Where the newest batch of the client is. Only one is on its way at a time, beside the one that
  // commits.
  enum class Incoming : int8_t {
    kNone,      // nothing was asked for
    kReading,   // StartRead is out
    kChecking,  // the intake has request_
    kChecked,   // held_ waits for its turn at the pipeline
    kClosed,    // the client sends no more
  };
  // What the pipeline does for this stream.
  enum class Storing : int8_t {
    kNothing,
    kCommitting,  // it has a batch
    kRetrying,    // held_ is offered again when retry_ rings: there was no room, or it came too early
  };
  struct CheckedRequest {
    std::string batch_id;
    absl::StatusOr<CheckedBatch> batch;
    bool charged;  // to its sender, who may send so many a second
  };

  ObservationStream(grpc::CallbackServerContext* context, Parts parts);
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  void EndSoon() override;

  // Does what the state allows, and gives the status to call Finish with once all is done. Whatever
  // gRPC does not call itself (the executor, the pipeline, an alarm) changes the state and settles
  // under one lock: in between, another thread could finish the stream, and it would be gone.
  std::optional<grpc::Status> Settle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Does whatever can be done now. Call without the lock, as the last thing: it may end the stream.
  void Pump();
  void OnChecked(absl::StatusOr<CheckedBatch> batch);
  void OnCommitted(const BatchLabel& label, const absl::StatusOr<BatchResult>& result);
  void OfferHeld() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Offer(CheckedBatch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RetryAfter(absl::Duration delay) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropHeld() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AnswerFailure(const std::string& batch_id, const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SayGoodbye() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReadAndWrite() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayFinish() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  grpc::CallbackServerContext* const context_;
  const Parts parts_;
  const Credential sender_;
  const std::optional<TraceContext> trace_;

  // Written between StartRead and OnReadDone by gRPC, read until the check is done: never by two at
  // once.
  std::unique_ptr<google::protobuf::Arena> arena_;
  v1::StreamObservationsRequest* request_ = nullptr;

  absl::Mutex mutex_;
  ClientStreams::Lease lease_ ABSL_GUARDED_BY(mutex_);
  StreamLife life_ ABSL_GUARDED_BY(mutex_);
  Incoming incoming_ ABSL_GUARDED_BY(mutex_) = Incoming::kNone;
  std::optional<CheckedRequest> held_ ABSL_GUARDED_BY(mutex_);  // exactly while incoming_ is kChecked
  Storing storing_ ABSL_GUARDED_BY(mutex_) = Storing::kNothing;
  std::unique_ptr<grpc::Alarm> retry_ ABSL_GUARDED_BY(mutex_);
  std::deque<v1::StreamObservationsResponse> answers_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;  // StartWrite is out with the front of answers_
  std::string position_ ABSL_GUARDED_BY(mutex_);  // of the last acknowledged batch that had one
};

}  // namespace tremorcast::rpc
