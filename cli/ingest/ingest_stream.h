#pragma once

// One StreamObservations call that mends itself: batches are kept until they are answered, and sent
// again on a new stream when the old one breaks, so nothing is lost and nothing stored twice (batch
// ids and row keys see to that). At most max_in_flight batches are unanswered.
//
// Send, Flush and Close belong to one thread. They block until there is room in flight, on the
// server, and for the pauses that it asks for. Answers are handed out in order, on a thread of the
// stream's own, never two at a time. An error of Send or Flush is final, and the stream is of no
// more use then.
//   UNAVAILABLE        the server stayed away longer than Options::retry_for
//   CANCELLED          the pacer was interrupted while waiting for the server
//   others             what the server ended the stream with (PERMISSION_DENIED, UNIMPLEMENTED, ...)

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include "cli/calls/client.h"
#include "cli/text/console.h"
#include "tremorcast/v1/ingest_service.grpc.pb.h"

namespace tremorcast::cli {

// A batch on its way, with what the sender wants to know again when the answer comes.
class OutgoingBatch {
 public:
  virtual ~OutgoingBatch() = default;
  v1::StreamObservationsRequest request;
};

class IngestStream {
 public:
  struct Options {
    int max_in_flight = 4;
    absl::Duration retry_for = absl::Minutes(5);  // the longest outage to sit out; InfiniteDuration waits for ever
    absl::Duration first_pause = absl::Milliseconds(250);
    absl::Duration longest_pause = absl::Seconds(5);
  };
  // `response` holds a verdict or a failure.
  using OnAnswer = std::function<void(const OutgoingBatch& batch, const v1::StreamObservationsResponse& response)>;
  // Is told of each break, why it came and how long the pause will be. The sending thread calls it.
  using OnBreak = std::function<void(const grpc::Status& status, absl::Duration pause)>;

  IngestStream(const Client& client, Pacer& pacer, Options options, OnAnswer on_answer, OnBreak on_break);
  // Cancels the stream unless it was closed.
  ~IngestStream();
  IngestStream(const IngestStream&) = delete;
  IngestStream& operator=(const IngestStream&) = delete;

  grpc::Status Send(std::shared_ptr<const OutgoingBatch> batch);
  // Returns when every batch is answered.
  grpc::Status Flush();
  // Flushes, then ends the stream in order.
  grpc::Status Close();

 private:
  using Stream = grpc::ClientReaderWriterInterface<v1::StreamObservationsRequest, v1::StreamObservationsResponse>;

  // Blocks until at most `count` batches are in flight, mending the stream as often as needed.
  grpc::Status WaitForRoom(size_t count);
  void Open();
  void WriteUnsent();
  // Ends the broken stream and returns its status.
  grpc::Status Finish();
  grpc::Status Recover();
  void ReadAnswers(Stream* stream);
  absl::Duration PauseAfter(const grpc::Status& status);

  const std::unique_ptr<v1::IngestService::Stub> stub_;
  Pacer& pacer_;
  const Options options_;
  const OnAnswer on_answer_;
  const OnBreak on_break_;
  std::mt19937 jitter_;

  // These belong to the sending thread.
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<Stream> stream_;
  std::thread reader_;
  absl::Duration server_pause_ = absl::ZeroDuration();  // asked for by the last broken stream

  absl::Mutex mutex_;
  std::deque<std::shared_ptr<const OutgoingBatch>> in_flight_ ABSL_GUARDED_BY(mutex_);
  size_t sent_ ABSL_GUARDED_BY(mutex_) = 0;      // of in_flight_, on the present stream
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;  // the reader has ended
  absl::Time outage_began_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  int breaks_ ABSL_GUARDED_BY(mutex_) = 0;  // in a row, without an answer between
};

}  // namespace tremorcast::cli
