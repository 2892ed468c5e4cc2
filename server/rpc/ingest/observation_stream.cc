#include "server/rpc/ingest/observation_stream.h"

#include <utility>

#include "absl/time/clock.h"

#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {
namespace {

constexpr size_t kReadAhead = 1;   // checked batches beside the one that commits
constexpr size_t kMaxAnswers = 4;  // not yet taken by the client

google::protobuf::ArenaOptions RequestArena() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = 64 << 10;
  options.max_block_size = 1 << 20;
  return options;
}

// Faults of the service or of the sender, not of the batch: the same batch may succeed later, so nothing after it may
// be stored now.
bool EndsStream(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) || absl::IsCancelled(status) ||
         absl::IsAborted(status) || absl::IsUnauthenticated(status);
}

}  // namespace

ObservationStream* ObservationStream::Start(grpc::CallbackServerContext* context, Parts parts) {
  auto* stream = new ObservationStream(context, parts);
  auto slot = parts.access.OpenStream(stream->sender_);
  {
    absl::MutexLock lock(&stream->mutex_);
    if (slot.ok()) stream->slot_ = *std::move(slot);
    stream->end_ = slot.status();
  }
  parts.registry.Add(stream);
  stream->Pump();
  return stream;
}

ObservationStream::ObservationStream(grpc::CallbackServerContext* context, Parts parts)
    : context_(context),
      parts_(parts),
      sender_(CredentialOf(*context)),
      arena_(std::make_unique<google::protobuf::Arena>(RequestArena())) {}

void ObservationStream::OnDone() {
  parts_.registry.Remove(this);
  delete this;
}

void ObservationStream::OnReadDone(bool ok) {
  bool check = false;
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    half_closed_ = half_closed_ || !ok;
    // A batch that arrives after the goodbye is not answered: its sender sends it again elsewhere.
    check = checking_ = ok && !broken_ && !finished_ && !said_goodbye_ && end_.ok();
  }
  if (!check) {
    Pump();
    return;
  }
  parts_.intake.Check(request_->batch(), sender_,
                      [this](absl::StatusOr<CheckedBatch> batch) { OnChecked(std::move(batch)); });
}

void ObservationStream::OnChecked(absl::StatusOr<CheckedBatch> batch) {
  {
    absl::MutexLock lock(&mutex_);
    waiting_.push_back({request_->batch().batch_id(), std::move(batch)});
    checking_ = false;
  }
  Pump();
}

void ObservationStream::OnCommitted(const BatchLabel& label, const absl::StatusOr<BatchResult>& result) {
  {
    absl::MutexLock lock(&mutex_);
    committing_ = false;
    if (result.ok()) {
      if (!label.position.empty()) position_ = label.position;
      FillVerdict(label, *result, answers_.emplace_back().mutable_verdict());
    } else {
      AnswerFailure(label.batch_id, BatchStatus(result.status(), label.batch_id));
    }
  }
  Pump();
}

void ObservationStream::AnswerFailure(const std::string& batch_id, const absl::Status& status) {
  if (EndsStream(status)) {
    end_ = status;
    waiting_.clear();
    return;
  }
  v1::BatchFailure* failure = answers_.emplace_back().mutable_failure();
  failure->set_batch_id(batch_id);
  *failure->mutable_status() = ToStatusProto(status);
}

bool ObservationStream::Offer(CheckedBatch& batch) {
  const BatchLabel label = LabelOf(batch.batch);
  const IngestPipeline::Admission admission =
      parts_.pipeline.Submit(std::move(batch.batch), batch.bytes,
                             [this, label](const absl::StatusOr<BatchResult>& result) { OnCommitted(label, result); });
  if (admission.status.ok()) {
    committing_ = true;
    return true;
  }
  if (!absl::IsResourceExhausted(admission.status)) {
    AnswerFailure(label.batch_id, AdmissionStatus(admission));
    return true;
  }
  retrying_ = true;
  retry_ = std::make_unique<grpc::Alarm>();
  retry_->Set(absl::ToChronoTime(absl::Now() + admission.retry_after), [this](bool) {
    {
      absl::MutexLock lock(&mutex_);
      retrying_ = false;
    }
    Pump();
  });
  return false;
}

void ObservationStream::OfferBatches() {
  while (!broken_ && !committing_ && !retrying_ && !waiting_.empty()) {
    Waiting& next = waiting_.front();
    if (!next.batch.ok()) {
      AnswerFailure(next.batch_id, next.batch.status());
    } else if (!Offer(*next.batch)) {
      break;
    }
    if (!waiting_.empty()) waiting_.pop_front();
  }
  if (broken_ || (ending_ && retrying_)) {
    waiting_.clear();  // never admitted, never answered: its sender sends it again elsewhere
    if (retrying_) retry_->Cancel();
  }
}

void ObservationStream::SayGoodbye() {
  const bool quiet = waiting_.empty() && !checking_ && !committing_ && !retrying_;
  if (!ending_ || said_goodbye_ || !quiet || !end_.ok() || broken_) return;
  said_goodbye_ = true;
  answers_.emplace_back().mutable_draining()->set_position(position_);
}

bool ObservationStream::MayRead() const {
  return !reading_ && !half_closed_ && !checking_ && !ending_ && !broken_ && !finished_ && end_.ok() &&
         waiting_.size() < kReadAhead && answers_.size() < kMaxAnswers;
}

void ObservationStream::ReadAndWrite() {
  if (!writing_ && !answers_.empty() && !broken_ && !finished_) {
    writing_ = true;
    StartWrite(&answers_.front());
  }
  if (MayRead()) {
    reading_ = true;
    arena_->Reset();
    request_ = google::protobuf::Arena::CreateMessage<v1::StreamObservationsRequest>(arena_.get());
    StartRead(request_);
  }
}

bool ObservationStream::MayFinish() {
  if (finished_ || checking_ || committing_ || retrying_ || writing_) return false;
  const bool done = (half_closed_ || said_goodbye_ || !end_.ok()) && waiting_.empty() && answers_.empty();
  return broken_ || done;
}

void ObservationStream::Pump() {
  grpc::Status status;
  {
    absl::MutexLock lock(&mutex_);
    OfferBatches();
    SayGoodbye();
    ReadAndWrite();
    if (!MayFinish()) return;
    finished_ = true;
    status = broken_ ? grpc::Status::CANCELLED : FinishStatus(end_, context_);
  }
  // Outside the lock: the stream may be gone before Finish returns.
  Finish(std::move(status));
}

void ObservationStream::OnWriteDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    broken_ = broken_ || !ok;
    answers_.pop_front();
  }
  Pump();
}

void ObservationStream::OnCancel() {
  {
    absl::MutexLock lock(&mutex_);
    broken_ = true;
  }
  Pump();
}

void ObservationStream::EndSoon() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  Pump();
}

}  // namespace tremorcast::rpc
