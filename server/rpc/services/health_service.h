#pragma once

// grpc.health.v1.Health: Check and Watch per service name, "" for the whole server. Ours, because
// gRPC's built-in one keeps its Watches open and so holds Shutdown to its deadline: here EndWatches
// ends them. Until a name is set it is unknown: NOT_FOUND from Check, SERVICE_UNKNOWN from Watch.
//
// Open to everybody; Watches count among the streams of their client. Thread safety: all of it;
// nothing blocks. Watches must have ended (server shut down) before it is destroyed.

#include <map>
#include <set>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/strings/string_view.h>
#include <absl/synchronization/mutex.h>

#include "grpc/health/v1/health.grpc.pb.h"
#include "server/rpc/access/auth.h"

namespace tremorcast::rpc {

class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  explicit HealthService(AccessControl& access) : access_(access) {}

  void Set(const std::string& service, bool serving);
  // Everything NOT_SERVING, for good: a drain has begun.
  void SetAllNotServing();
  // Ends every Watch with UNAVAILABLE, and those that still come.
  void EndWatches();

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context, const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  using ServingStatus = grpc::health::v1::HealthCheckResponse::ServingStatus;
  class Watcher;

  ServingStatus StatusOf(const std::string& service) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remove(Watcher* watcher);

  AccessControl& access_;
  absl::Mutex mutex_;
  std::map<std::string, bool> serving_ ABSL_GUARDED_BY(mutex_);
  std::set<Watcher*> watchers_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tremorcast::rpc
