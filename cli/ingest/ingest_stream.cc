#include "cli/ingest/ingest_stream.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <absl/strings/match.h>

#include "core/base/status_macros.h"

namespace tremorcast::cli {
namespace {

// A killed server or a cut connection may also show as a reset stream.
bool MayMend(const grpc::Status& status) {
  if (status.ok() || IsRetryable(status)) return true;  // OK says that the server drained
  return status.error_code() == grpc::StatusCode::INTERNAL && absl::StrContains(status.error_message(), "RST_STREAM");
}

}  // namespace

IngestStream::IngestStream(const Client& client, Pacer& pacer, Options options, OnAnswer on_answer, OnBreak on_break)
    : stub_(v1::IngestService::NewStub(client.channel())),
      pacer_(pacer),
      options_(options),
      on_answer_(std::move(on_answer)),
      on_break_(std::move(on_break)),
      jitter_(std::random_device{}()) {}

IngestStream::~IngestStream() {
  if (stream_ == nullptr) return;
  context_->TryCancel();
  Finish();
}

grpc::Status IngestStream::Send(std::shared_ptr<const OutgoingBatch> batch) {
  RETURN_IF_ERROR(WaitForRoom(static_cast<size_t>(options_.max_in_flight) - 1));
  {
    absl::MutexLock lock(&mutex_);
    in_flight_.push_back(std::move(batch));
  }
  if (stream_ == nullptr) Open();
  WriteUnsent();
  return grpc::Status::OK;
}

grpc::Status IngestStream::Flush() { return WaitForRoom(0); }

grpc::Status IngestStream::Close() {
  RETURN_IF_ERROR(Flush());
  if (stream_ == nullptr) return grpc::Status::OK;
  stream_->WritesDone();
  Finish();  // every batch is answered, so how the stream ends says nothing more
  return grpc::Status::OK;
}

grpc::Status IngestStream::WaitForRoom(size_t count) {
  for (;;) {
    {
      const auto ready = [this, count]()
                             ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return in_flight_.size() <= count || broken_; };
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&ready));
      if (in_flight_.size() <= count) return grpc::Status::OK;
    }
    RETURN_IF_ERROR(Recover());
  }
}

void IngestStream::Open() {
  {
    absl::MutexLock lock(&mutex_);
    sent_ = 0;
    broken_ = false;
  }
  context_ = std::make_unique<grpc::ClientContext>();
  stream_ = stub_->StreamObservations(context_.get());
  reader_ = std::thread([this, stream = stream_.get()] { ReadAnswers(stream); });
}

void IngestStream::WriteUnsent() {
  for (;;) {
    std::shared_ptr<const OutgoingBatch> next;
    {
      absl::MutexLock lock(&mutex_);
      if (broken_ || sent_ >= in_flight_.size()) return;
      next = in_flight_[sent_++];
    }
    if (!stream_->Write(next->request)) return;  // the reader ends too and says so
  }
}

void IngestStream::ReadAnswers(Stream* stream) {
  v1::StreamObservationsResponse response;
  while (stream->Read(&response) && !response.has_draining()) {
    std::shared_ptr<const OutgoingBatch> batch;
    {
      absl::MutexLock lock(&mutex_);
      if (sent_ == 0) break;  // a server that answers what nobody sent is none to go on with
      batch = in_flight_.front();
    }
    on_answer_(*batch, response);
    absl::MutexLock lock(&mutex_);
    in_flight_.pop_front();
    --sent_;
    outage_began_ = absl::InfiniteFuture();
    breaks_ = 0;
  }
  while (stream->Read(&response)) {  // to the end, as Finish wants it
  }
  absl::MutexLock lock(&mutex_);
  broken_ = true;
}

grpc::Status IngestStream::Finish() {
  reader_.join();
  grpc::Status status = stream_->Finish();
  server_pause_ = RetryDelay(status, *context_);
  stream_.reset();
  context_.reset();
  return status;
}

absl::Duration IngestStream::PauseAfter(const grpc::Status& status) {
  absl::MutexLock lock(&mutex_);
  absl::Duration pause = options_.first_pause;
  for (int i = 0; i < breaks_ && pause < options_.longest_pause; ++i) pause *= 2;
  ++breaks_;
  if (status.ok()) pause = options_.first_pause;
  // Clients that were cut off together should not come back together.
  pause = std::min(pause, options_.longest_pause) * std::uniform_real_distribution<double>(.8, 1.2)(jitter_);
  return std::max(pause, server_pause_);
}

grpc::Status IngestStream::Recover() {
  grpc::Status status = Finish();
  if (!MayMend(status)) return status;
  const absl::Time now = pacer_.Now();
  {
    absl::MutexLock lock(&mutex_);
    outage_began_ = std::min(outage_began_, now);
    if (now - outage_began_ >= options_.retry_for) {
      return grpc::Status(grpc::StatusCode::UNAVAILABLE,
                          status.ok() ? "the server is draining and did not come back" : status.error_message(),
                          status.error_details());
    }
  }
  const absl::Duration pause = PauseAfter(status);
  on_break_(status, pause);
  if (!pacer_.Wait(pause)) return grpc::Status(grpc::StatusCode::CANCELLED, "interrupted while waiting for the server");
  Open();
  WriteUnsent();
  return grpc::Status::OK;
}

}  // namespace tremorcast::cli
