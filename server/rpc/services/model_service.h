#pragma once

// tremorcast.v1.ModelService: the registry's models and the ledger of promotions. Thread safe; all
// store work runs on the database executor. Swapping is not done here: a promotion is a row, and
// the serving side follows the rows.

#include <functional>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/base/clock.h"
#include "core/ports/forecast_store.h"
#include "core/ports/model_registry.h"
#include "core/skill/skill_claim.h"
#include "core/skill/skill_policy.h"
#include "server/pipeline/model_host.h"
#include "server/pipeline/network_directory.h"
#include "server/rpc/access/auth.h"
#include "server/rpc/calls/call_runner.h"
#include "tremorcast/v1/model_service.grpc.pb.h"

namespace tremorcast::rpc {

class ModelService final : public v1::ModelService::CallbackService {
 public:
  // `on_promoted` is called after each entry of the ledger written here, on an executor thread.
  // `forecasts` and `policy` say what the models have shown since they were published.
  ModelService(ModelRegistry& registry, ForecastStore& forecasts, SkillPolicy policy, ModelHost& host,
               NetworkDirectory& directory, const Clock& clock, AccessControl& access, CallRunner database,
               std::function<void()> on_promoted);

  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* context, const v1::ListModelsRequest* request,
                                       v1::ListModelsResponse* response) override;
  grpc::ServerUnaryReactor* GetModel(grpc::CallbackServerContext* context, const v1::GetModelRequest* request,
                                     v1::GetModelResponse* response) override;
  grpc::ServerUnaryReactor* PromoteModel(grpc::CallbackServerContext* context, const v1::PromoteModelRequest* request,
                                         v1::PromoteModelResponse* response) override;
  grpc::ServerUnaryReactor* RollbackModel(grpc::CallbackServerContext* context, const v1::RollbackModelRequest* request,
                                          v1::RollbackModelResponse* response) override;
  grpc::ServerUnaryReactor* ListPromotions(grpc::CallbackServerContext* context,
                                           const v1::ListPromotionsRequest* request,
                                           v1::ListPromotionsResponse* response) override;

 private:
  absl::Status List(const v1::ListModelsRequest& request, v1::ListModelsResponse* response);
  absl::Status Promote(const v1::PromoteModelRequest& request, const Credential& caller,
                       v1::PromoteModelResponse* response);
  absl::Status Rollback(const v1::RollbackModelRequest& request, const Credential& caller,
                        v1::RollbackModelResponse* response);
  // Who the ledger will name: the principal that calls, with the name it gave itself in front.
  absl::Status ListLedger(const v1::ListPromotionsRequest& request, v1::ListPromotionsResponse* response);
  // The network-wide scope, or a region that exists.
  absl::StatusOr<RegionId> ExistingScope(absl::string_view name);
  // What all the evidence says of each, in their order.
  absl::StatusOr<std::vector<SkillVerdict>> Standing(absl::Span<const ModelRecord> records);
  absl::Status AddScopes(google::protobuf::RepeatedPtrField<v1::Model>* models);

  ModelRegistry& registry_;
  ForecastStore& forecasts_;
  const SkillPolicy policy_;
  ModelHost& host_;
  NetworkDirectory& directory_;
  const Clock& clock_;
  AccessControl& access_;
  CallRunner database_;
  std::function<void()> on_promoted_;
};

}  // namespace tremorcast::rpc
