#pragma once

// tremorcast.v1.CatalogService. Thread safe; all store work runs on the database executor.

#include <functional>

#include "core/base/clock.h"
#include "core/ports/event_store.h"
#include "server/pipeline/network_directory.h"
#include "server/rpc/access/auth.h"
#include "server/rpc/calls/call_runner.h"
#include "tremorcast/v1/catalog_service.grpc.pb.h"

namespace tremorcast::rpc {

inline constexpr int kMaxEventsPerImport = 10000;

class CatalogService final : public v1::CatalogService::CallbackService {
 public:
  // `on_changed` is called after each import that changed something, on an executor thread.
  CatalogService(EventStore& store, NetworkDirectory& directory, const Clock& clock, AccessControl& access,
                 CallRunner database, std::function<void()> on_changed);

  grpc::ServerUnaryReactor* ImportEvents(grpc::CallbackServerContext* context, const v1::ImportEventsRequest* request,
                                         v1::ImportEventsResponse* response) override;
  grpc::ServerUnaryReactor* ListEvents(grpc::CallbackServerContext* context, const v1::ListEventsRequest* request,
                                       v1::ListEventsResponse* response) override;

  grpc::ServerUnaryReactor* StateCompleteness(grpc::CallbackServerContext* context,
                                              const v1::StateCompletenessRequest* request,
                                              v1::StateCompletenessResponse* response) override;
  grpc::ServerUnaryReactor* RevokeCompleteness(grpc::CallbackServerContext* context,
                                               const v1::RevokeCompletenessRequest* request,
                                               v1::RevokeCompletenessResponse* response) override;
  grpc::ServerUnaryReactor* ListCompleteness(grpc::CallbackServerContext* context,
                                             const v1::ListCompletenessRequest* request,
                                             v1::ListCompletenessResponse* response) override;
  grpc::ServerUnaryReactor* DecideIdentity(grpc::CallbackServerContext* context,
                                           const v1::DecideIdentityRequest* request,
                                           v1::DecideIdentityResponse* response) override;
  grpc::ServerUnaryReactor* TakeBackIdentityDecision(grpc::CallbackServerContext* context,
                                                     const v1::TakeBackIdentityDecisionRequest* request,
                                                     v1::TakeBackIdentityDecisionResponse* response) override;
  grpc::ServerUnaryReactor* ListIdentityDecisions(grpc::CallbackServerContext* context,
                                                  const v1::ListIdentityDecisionsRequest* request,
                                                  v1::ListIdentityDecisionsResponse* response) override;

 private:
  // Stores a statement that does not reach into the future; `field` names its end.
  absl::StatusOr<Completeness> State(absl::string_view field, Completeness statement, bool extend);
  absl::Status Import(const v1::ImportEventsRequest& request, v1::ImportEventsResponse* response);
  absl::Status List(const v1::ListEventsRequest& request, v1::ListEventsResponse* response);

  EventStore& store_;
  NetworkDirectory& directory_;
  const Clock& clock_;
  AccessControl& access_;
  CallRunner database_;
  std::function<void()> on_changed_;
};

}  // namespace tremorcast::rpc
