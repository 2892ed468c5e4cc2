#include "server/rpc/ingest/observation_stream.h"

#include <utility>

#include <absl/time/clock.h>

#include "server/rpc/calls/call_trace.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
namespace {

constexpr size_t kMaxAnswers = 4;  // not yet taken by the client

// What a message holds that nothing was read into.
constexpr char kNothingRead[] = "nothing read";

google::protobuf::ArenaOptions RequestArena() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = 64 << 10;
  options.max_block_size = 1 << 20;
  return options;
}

// Faults of the service or of the sender, not of the batch: the same batch may succeed later, so
// nothing after it may be stored now.
bool EndsStream(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) || absl::IsCancelled(status) ||
         absl::IsAborted(status) || absl::IsUnauthenticated(status);
}

}  // namespace

ObservationStream* ObservationStream::Start(grpc::CallbackServerContext* context, Parts parts) {
  auto* stream = new ObservationStream(context, parts);
  const absl::Status charged = parts.access.Charge(stream->sender_);
  auto lease = charged.ok() ? parts.access.OpenStream(stream->sender_) : charged;
  {
    absl::MutexLock lock(&stream->mutex_);
    if (lease.ok()) stream->lease_ = *std::move(lease);
    stream->life_.Fail(lease.status());
  }
  parts.registry.Add(stream);
  stream->Pump();
  return stream;
}

ObservationStream::ObservationStream(grpc::CallbackServerContext* context, Parts parts)
    : context_(context),
      parts_(parts),
      sender_(CredentialOf(*context)),
      trace_(TraceOf(*context)),
      arena_(std::make_unique<google::protobuf::Arena>(RequestArena())) {}

void ObservationStream::OnDone() {
  parts_.registry.Remove(this);
  delete this;
}

void ObservationStream::OnReadDone(bool ok) {
  bool check = false;
  {
    absl::MutexLock lock(&mutex_);
    // gRPC clears the message before it reads bytes into it, and says no more of bytes that are no
    // message than of the end.
    if (!ok && incoming_ == Incoming::kReading && request_->batch().batch_id() != kNothingRead) {
      life_.Fail(absl::InvalidArgumentError("what the stream sent is no StreamObservationsRequest"));
    }
    // A batch that arrives after the goodbye is not answered: its sender sends it again elsewhere.
    check = ok && life_.serving();
    incoming_ = check ? Incoming::kChecking : ok ? Incoming::kNone : Incoming::kClosed;
  }
  if (!check) {
    Pump();
    return;
  }
  const TraceScope scope(trace_);
  parts_.intake.Check(request_->batch(), sender_,
                      [this](absl::StatusOr<CheckedBatch> batch) { OnChecked(std::move(batch)); });
}

void ObservationStream::OnChecked(absl::StatusOr<CheckedBatch> batch) {
  std::optional<grpc::Status> status;
  {
    absl::MutexLock lock(&mutex_);
    held_.emplace(CheckedRequest{request_->batch().batch_id(), std::move(batch), false});
    incoming_ = Incoming::kChecked;
    status = Settle();
  }
  if (status.has_value()) Finish(*std::move(status));
}

void ObservationStream::OnCommitted(const BatchLabel& label, const absl::StatusOr<BatchResult>& result) {
  std::optional<grpc::Status> status;
  {
    absl::MutexLock lock(&mutex_);
    storing_ = Storing::kNothing;
    if (result.ok()) {
      if (!label.position.empty()) position_ = label.position;
      FillVerdict(label, *result, answers_.emplace_back().mutable_verdict());
    } else {
      AnswerFailure(label.batch_id, BatchStatus(result.status(), label.batch_id));
    }
    status = Settle();
  }
  if (status.has_value()) Finish(*std::move(status));
}

void ObservationStream::AnswerFailure(const std::string& batch_id, const absl::Status& status) {
  if (EndsStream(status)) {
    life_.Fail(status);
    return;
  }
  v1::BatchFailure* failure = answers_.emplace_back().mutable_failure();
  failure->set_batch_id(batch_id);
  *failure->mutable_status() = ToStatusProto(status);
}

void ObservationStream::DropHeld() {
  held_.reset();
  incoming_ = Incoming::kNone;
}

void ObservationStream::RetryAfter(absl::Duration delay) {
  storing_ = Storing::kRetrying;
  retry_ = std::make_unique<grpc::Alarm>();
  retry_->Set(absl::ToChronoTime(absl::Now() + delay), [this](bool) {
    std::optional<grpc::Status> status;
    {
      absl::MutexLock lock(&mutex_);
      storing_ = Storing::kNothing;
      status = Settle();
    }
    if (status.has_value()) Finish(*std::move(status));
  });
}

void ObservationStream::Offer(CheckedBatch& batch) {
  const BatchLabel label = LabelOf(batch.batch);
  const TraceScope scope(trace_);
  const IngestPipeline::Admission admission =
      parts_.pipeline.Submit(std::move(batch.batch), batch.bytes,
                             [this, label](const absl::StatusOr<BatchResult>& result) { OnCommitted(label, result); });
  if (absl::IsResourceExhausted(admission.status)) {
    RetryAfter(admission.retry_after);
    return;
  }
  if (admission.status.ok()) {
    storing_ = Storing::kCommitting;
  } else {
    AnswerFailure(label.batch_id, AdmissionStatus(admission));
  }
  DropHeld();
}

void ObservationStream::OfferHeld() {
  if (incoming_ == Incoming::kChecked && storing_ == Storing::kNothing && life_.serving()) {
    const absl::Status charged = held_->charged ? absl::OkStatus() : parts_.access.Charge(sender_);
    held_->charged = charged.ok();
    if (!charged.ok()) {
      RetryAfter(RetryDelay(charged).value_or(kDefaultRetryDelay));
    } else if (held_->batch.ok()) {
      Offer(*held_->batch);
    } else {
      AnswerFailure(held_->batch_id, held_->batch.status());
      DropHeld();
    }
  }
  // After a failure no later batch may be stored, and a stream that is to end does not wait for
  // room in the queue. Such a batch was never admitted and is not answered: its sender sends it
  // again elsewhere.
  const bool retrying = storing_ == Storing::kRetrying;
  if (incoming_ == Incoming::kChecked && (!life_.serving() || (retrying && life_.phase() == StreamPhase::kEnding))) {
    DropHeld();
    if (retrying) retry_->Cancel();
  }
}

void ObservationStream::SayGoodbye() {
  const bool batch_under_way = incoming_ == Incoming::kChecking || incoming_ == Incoming::kChecked;
  if (life_.phase() != StreamPhase::kEnding || batch_under_way || storing_ != Storing::kNothing) return;
  life_.Advance(StreamPhase::kSaidGoodbye);
  answers_.emplace_back().mutable_draining()->set_position(position_);
}

void ObservationStream::ReadAndWrite() {
  if (!writing_ && !answers_.empty() && life_.sending()) {
    writing_ = true;
    StartWrite(&answers_.front());
  }
  if (incoming_ == Incoming::kNone && life_.phase() == StreamPhase::kOpen && answers_.size() < kMaxAnswers) {
    incoming_ = Incoming::kReading;
    arena_->Reset();
    request_ = google::protobuf::Arena::CreateMessage<v1::StreamObservationsRequest>(arena_.get());
    request_->mutable_batch()->set_batch_id(kNothingRead);
    StartRead(request_);
  }
}

bool ObservationStream::MayFinish() const {
  const bool called_back = incoming_ == Incoming::kChecking || storing_ != Storing::kNothing || writing_;
  if (life_.phase() == StreamPhase::kFinished || called_back) return false;
  if (life_.phase() == StreamPhase::kBroken) return true;
  const bool over = incoming_ == Incoming::kClosed || !life_.serving();
  return over && answers_.empty();
}

std::optional<grpc::Status> ObservationStream::Settle() {
  OfferHeld();
  SayGoodbye();
  ReadAndWrite();
  if (!MayFinish()) return std::nullopt;
  return life_.Finish(context_);
}

void ObservationStream::Pump() {
  std::optional<grpc::Status> status;
  {
    absl::MutexLock lock(&mutex_);
    status = Settle();
  }
  // Outside the lock: the stream may be gone before Finish returns.
  if (status.has_value()) Finish(*std::move(status));
}

void ObservationStream::OnWriteDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) life_.Advance(StreamPhase::kBroken);
    answers_.pop_front();
  }
  Pump();
}

void ObservationStream::OnCancel() {
  {
    absl::MutexLock lock(&mutex_);
    life_.Advance(StreamPhase::kBroken);
  }
  Pump();
}

void ObservationStream::EndSoon() {
  {
    absl::MutexLock lock(&mutex_);
    life_.Advance(StreamPhase::kEnding);
  }
  Pump();
}

}  // namespace tremorcast::rpc
