#include "server/rpc/services/health_service.h"

#include <optional>
#include <utility>

#include "server/rpc/calls/call_runner.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// One Watch. Sends the newest status whenever it differs from the last one sent; in between changes may be skipped.
// Lock order: the service's mutex, then the watcher's.
class HealthService::Watcher final : public grpc::ServerWriteReactor<HealthCheckResponse> {
 public:
  Watcher(HealthService& health, std::string service, ClientStreams::Slot slot)
      : health_(health), service_(std::move(service)), slot_(std::move(slot)) {}
  const std::string& service() const { return service_; }

  void Tell(ServingStatus status) {
    absl::MutexLock lock(&mutex_);
    wanted_ = status;
    Write();
  }
  void End() {
    {
      absl::MutexLock lock(&mutex_);
      ending_ = true;
    }
    FinishIfDone();
  }

 private:
  void Write() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_ || broken_ || !wanted_.has_value() || wanted_ == sent_) return;
    sent_ = wanted_;
    response_.set_status(*wanted_);
    writing_ = true;
    StartWrite(&response_);
  }
  void FinishIfDone() {
    grpc::Status status;
    {
      absl::MutexLock lock(&mutex_);
      if (finished_ || writing_ || !(ending_ || broken_)) return;
      finished_ = true;
      status = broken_ ? grpc::Status::CANCELLED
                       : ToGrpcStatus(WithReason(absl::UnavailableError("the server is shutting down"), "DRAINING"));
    }
    Finish(std::move(status));  // outside the lock: the watcher may be gone before it returns
  }
  void OnWriteDone(bool ok) override {
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      broken_ = broken_ || !ok;
      Write();
    }
    FinishIfDone();
  }
  void OnCancel() override {
    {
      absl::MutexLock lock(&mutex_);
      broken_ = true;
    }
    FinishIfDone();
  }
  void OnDone() override {
    health_.Remove(this);
    delete this;
  }

  HealthService& health_;
  const std::string service_;
  const ClientStreams::Slot slot_;
  HealthCheckResponse response_;
  absl::Mutex mutex_;
  std::optional<ServingStatus> wanted_ ABSL_GUARDED_BY(mutex_);
  std::optional<ServingStatus> sent_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
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
  auto slot = access_.OpenStream(CredentialOf(*context));
  if (!slot.ok()) return RefuseStream<HealthCheckResponse>(context, slot.status());
  auto* watcher = new Watcher(*this, request->service(), *std::move(slot));
  absl::MutexLock lock(&mutex_);
  watchers_.insert(watcher);
  watcher->Tell(StatusOf(watcher->service()));
  if (ended_) watcher->End();
  return watcher;
}

}  // namespace tremorcast::rpc
