#include "server/rpc/services/health_service.h"

#include <optional>
#include <utility>

#include "server/rpc/calls/call_runner.h"
#include "server/rpc/calls/stream_life.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// One Watch. Sends the newest status whenever it differs from the last one sent; in between changes
// may be skipped. Lock order: the service's mutex, then the watcher's.
class HealthService::Watcher final : public grpc::ServerWriteReactor<HealthCheckResponse> {
 public:
  Watcher(HealthService& health, std::string service, ClientStreams::Lease lease)
      : health_(health), service_(std::move(service)), lease_(std::move(lease)) {}
  const std::string& service() const { return service_; }

  void Tell(ServingStatus status) {
    absl::MutexLock lock(&mutex_);
    wanted_ = status;
    Write();
  }
  void End() {
    {
      absl::MutexLock lock(&mutex_);
      life_.Fail(WithReason(absl::UnavailableError("the server is shutting down"), "DRAINING"));
    }
    FinishIfDone();
  }

 private:
  void Write() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || !life_.sending() || !wanted_.has_value() || wanted_ == sent_) return;
    sent_ = wanted_;
    response_.set_status(*wanted_);
    writing_ = true;
    StartWrite(&response_);
  }
  void FinishIfDone() {
    grpc::Status status;
    {
      absl::MutexLock lock(&mutex_);
      if (writing_ || life_.serving() || life_.phase() == StreamPhase::kFinished) return;
      status = life_.phase() == StreamPhase::kBroken ? grpc::Status::CANCELLED : ToGrpcStatus(life_.error());
      life_.Advance(StreamPhase::kFinished);
    }
    Finish(std::move(status));  // outside the lock: the watcher may be gone before it returns
  }
  void OnWriteDone(bool ok) override {
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      if (!ok) life_.Advance(StreamPhase::kBroken);
      Write();
    }
    FinishIfDone();
  }
  void OnCancel() override {
    {
      absl::MutexLock lock(&mutex_);
      life_.Advance(StreamPhase::kBroken);
    }
    FinishIfDone();
  }
  void OnDone() override {
    health_.Remove(this);
    delete this;
  }

  HealthService& health_;
  const std::string service_;
  const ClientStreams::Lease lease_;
  HealthCheckResponse response_;
  absl::Mutex mutex_;
  std::optional<ServingStatus> wanted_ ABSL_GUARDED_BY(mutex_);
  std::optional<ServingStatus> sent_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  StreamLife life_ ABSL_GUARDED_BY(mutex_);
};

HealthService::ServingStatus HealthService::StatusOf(const std::string& service) const {
  const auto it = serving_.find(service);
  if (it == serving_.end()) return HealthCheckResponse::SERVICE_UNKNOWN;
  return it->second && !draining_ ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

void HealthService::Tell() {
  for (Watcher* watcher : watchers_) watcher->Tell(StatusOf(watcher->service()));
}

void HealthService::Set(const std::string& service, bool serving) {
  absl::MutexLock lock(&mutex_);
  serving_[service] = serving;
  Tell();
}

void HealthService::SetAllNotServing() {
  absl::MutexLock lock(&mutex_);
  draining_ = true;
  Tell();
}

void HealthService::EndWatches() {
  absl::MutexLock lock(&mutex_);
  ended_ = true;
  for (Watcher* watcher : watchers_) watcher->End();
}

void HealthService::Remove(Watcher* watcher) {
  absl::MutexLock lock(&mutex_);
  watchers_.erase(watcher);
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context, const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  ServingStatus status;
  {
    absl::MutexLock lock(&mutex_);
    status = StatusOf(request->service());
  }
  if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    reactor->Finish(ToGrpcStatus(absl::NotFoundError("no such service")));
  } else {
    response->set_status(status);
    reactor->Finish(grpc::Status::OK);
  }
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(grpc::CallbackServerContext* context,
                                                                    const HealthCheckRequest* request) {
  auto lease = access_.OpenStream(CredentialOf(*context));
  if (!lease.ok()) return RefuseStream<HealthCheckResponse>(context, lease.status());
  auto* watcher = new Watcher(*this, request->service(), *std::move(lease));
  absl::MutexLock lock(&mutex_);
  watchers_.insert(watcher);
  watcher->Tell(StatusOf(watcher->service()));
  if (ended_) watcher->End();
  return watcher;
}

}  // namespace tremorcast::rpc
