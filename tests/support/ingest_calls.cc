#include "tests/support/ingest_calls.h"

#include <utility>

#include <absl/time/clock.h>
#include <grpcpp/client_context.h>

namespace tremorcast {

struct IngestCalls::Call {
  grpc::ClientContext context;
  v1::IngestObservationsRequest request;
  v1::IngestObservationsResponse response;
  absl::Time begin = absl::Now();
};

IngestCalls::IngestCalls(std::shared_ptr<grpc::Channel> channel)
    : stub_(v1::IngestService::NewStub(std::move(channel))) {}

IngestCalls::~IngestCalls() {
  const auto idle = [this] {
    mutex_.AssertReaderHeld();
    return running_ == 0;
  };
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&idle));
}

void IngestCalls::Send(v1::ObservationBatch batch, std::function<void(End)> done) {
  {
    absl::MutexLock lock(&mutex_);
    ++running_;
  }
  auto call = std::make_shared<Call>();
  *call->request.mutable_batch() = std::move(batch);
  call->context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Minutes(5)));
  stub_->async()->IngestObservations(
      &call->context, &call->request, &call->response, [this, call, done = std::move(done)](grpc::Status status) {
        End end;
        const auto& trailers = call->context.GetServerTrailingMetadata();
        if (const auto at = trailers.find("grpc-retry-pushback-ms"); at != trailers.end())
          end.pushback = std::string(at->second.data(), at->second.size());
        end.batch = std::move(*call->request.mutable_batch());
        end.status = std::move(status);
        end.verdict = call->response.verdict();
        end.took = absl::Now() - call->begin;
        const bool keep = !done;
        if (done) done(std::move(end));
        absl::MutexLock lock(&mutex_);
        if (keep) ends_.push_back(std::move(end));
        --running_;
      });
}

bool IngestCalls::AwaitEnded(size_t count, absl::Duration patience) {
  const auto there = [&] {
    mutex_.AssertReaderHeld();
    return ends_.size() >= count;
  };
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(&there), patience);
}

std::vector<IngestCalls::End> IngestCalls::TakeEnds() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(ends_, {});
}

}  // namespace tremorcast
