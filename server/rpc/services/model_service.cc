#include "server/rpc/services/model_service.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/skill/skill_evidence.h"
#include "core/skill/verified_record.h"
#include "server/rpc/access/audit_words.h"
#include "server/rpc/wire/convert_model.h"
#include "server/rpc/wire/page_token.h"
#include "server/rpc/wire/resource_names.h"
#include "server/rpc/wire/status.h"

namespace tremorcast::rpc {

ModelService::ModelService(ModelRegistry& registry, ForecastStore& forecasts, SkillPolicy policy, ModelHost& host,
                           NetworkDirectory& directory, const Clock& clock, AccessControl& access, CallRunner database,
                           std::function<void()> on_promoted)
    : registry_(registry),
      forecasts_(forecasts),
      policy_(std::move(policy)),
      host_(host),
      directory_(directory),
      clock_(clock),
      access_(access),
      database_(std::move(database)),
      on_promoted_(std::move(on_promoted)) {}

grpc::ServerUnaryReactor* ModelService::ListModels(grpc::CallbackServerContext* context,
                                                   const v1::ListModelsRequest* request,
                                                   v1::ListModelsResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) { return List(*request, response); });
}

grpc::ServerUnaryReactor* ModelService::GetModel(grpc::CallbackServerContext* context,
                                                 const v1::GetModelRequest* request, v1::GetModelResponse* response) {
  return database_.Run(context, request, [this, request, response](absl::Time) -> absl::Status {
    ASSIGN_OR_RETURN(const auto version, ParseModelName("name", request->name()));
    ASSIGN_OR_RETURN(const auto record, registry_.Get(version));
    google::protobuf::RepeatedPtrField<v1::Model> models;
    ASSIGN_OR_RETURN(const auto standing, Standing({&record, 1}));
    FillModel(record, standing.front(), models.Add());
    models[0].set_manifest_json(record.manifest_json);
    RETURN_IF_ERROR(AddScopes(&models));
    *response->mutable_model() = std::move(models[0]);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ModelService::PromoteModel(grpc::CallbackServerContext* context,
                                                     const v1::PromoteModelRequest* request,
                                                     v1::PromoteModelResponse* response) {
  return database_.Run(context, request, [this, context, request, response](absl::Time) {
    return Promote(*request, CredentialOf(*context), response);
  });
}

grpc::ServerUnaryReactor* ModelService::RollbackModel(grpc::CallbackServerContext* context,
                                                      const v1::RollbackModelRequest* request,
                                                      v1::RollbackModelResponse* response) {
  return database_.Run(context, request, [this, context, request, response](absl::Time) {
    return Rollback(*request, CredentialOf(*context), response);
  });
}

grpc::ServerUnaryReactor* ModelService::ListPromotions(grpc::CallbackServerContext* context,
                                                       const v1::ListPromotionsRequest* request,
                                                       v1::ListPromotionsResponse* response) {
  return database_.Run(context, request,
                       [this, request, response](absl::Time) { return ListLedger(*request, response); });
}

absl::StatusOr<std::vector<SkillVerdict>> ModelService::Standing(absl::Span<const ModelRecord> records) {
  struct World {
    std::vector<Region> regions;
    std::vector<ShadowForecast> shadows;
    std::vector<VerifiedAnswer> answers;
  };
  std::map<bool, World> worlds;  // by simulated: a model is judged in its own
  std::vector<SkillVerdict> standing;
  for (const ModelRecord& record : records) {
    const auto [at, added] = worlds.try_emplace(record.simulated);
    World& world = at->second;
    if (added) {
      const ForecastPurpose purposes[] = {record.simulated ? ForecastPurpose::kTest : ForecastPurpose::kOperational};
      ASSIGN_OR_RETURN(world.shadows, forecasts_.ListShadows(std::nullopt, purposes));
      ASSIGN_OR_RETURN(const auto verifications, forecasts_.ListVerifications(std::nullopt, purposes));
      world.answers = VerifyShadows(world.shadows, verifications);
      world.regions = directory_.Snapshot()->regions();
      std::erase_if(world.regions, [&](const Region& region) { return region.simulated != record.simulated; });
    }
    const VerifiedRecord verified =
        RecordOfModel(record.model.version, record.rung, world.regions, world.shadows, world.answers, policy_);
    SkillFacts facts;
    facts.has_model = true;
    facts.pool_weight = 1;  // without weight it would not have passed the gate, whose verdict says so
    facts.gate_passed = record.demonstrated_skill;
    facts.gate_verdict = record.verdict;
    facts.model_record = &verified;
    standing.push_back(JudgeSkill(facts));
  }
  return standing;
}

absl::Status ModelService::AddScopes(google::protobuf::RepeatedPtrField<v1::Model>* models) {
  ASSIGN_OR_RETURN(const auto champions, registry_.Champions(absl::InfiniteFuture()));
  std::map<std::string, v1::Model*> by_name;
  for (v1::Model& model : *models) by_name[model.name()] = &model;
  for (const auto& [scope, promotion] : champions) {
    const auto it = by_name.find(ModelName(promotion.version));
    if (it != by_name.end()) it->second->add_champion_scopes(RegionName(scope));
  }
  for (const ScopeStatus& status : host_.Status()) {
    const auto it = by_name.find(ModelName(status.serving));
    if (it != by_name.end()) it->second->add_serving_scopes(RegionName(status.scope));
  }
  return absl::OkStatus();
}

absl::Status ModelService::List(const v1::ListModelsRequest& request, v1::ListModelsResponse* response) {
  ASSIGN_OR_RETURN(const auto size, PageSize(request.page_size(), 50, 500));
  ASSIGN_OR_RETURN(const auto cursor, ParsePageToken("models", request.page_token()));
  ASSIGN_OR_RETURN(const auto records, registry_.List());
  auto it = records.begin();
  if (!cursor.empty()) {
    it = std::find_if(it, records.end(),
                      [&](const ModelRecord& record) { return record.model.version.value() == cursor; });
    if (it == records.end()) return InvalidField("page_token", "names a model that is gone");
    ++it;
  }
  const auto count = std::min<std::ptrdiff_t>(size, records.end() - it);
  ASSIGN_OR_RETURN(const auto standing, Standing(absl::MakeConstSpan(records).subspan(it - records.begin(), count)));
  for (const SkillVerdict& verdict : standing) FillModel(*it++, verdict, response->add_models());
  if (it != records.end()) response->set_next_page_token(MakePageToken("models", (it - 1)->model.version.value()));
  return AddScopes(response->mutable_models());
}

absl::StatusOr<RegionId> ModelService::ExistingScope(absl::string_view name) {
  auto scope = ParseScope("scope", name);
  if (!scope.ok() || scope->value() == kCatalogueScope || QuestionOfScope(*scope).has_value()) return scope;
  ASSIGN_OR_RETURN(const auto network, directory_.ForRegion(*scope));
  if (network->FindRegion(*scope) == nullptr) return absl::NotFoundError(absl::StrCat("scope: there is no ", name));
  return scope;
}

absl::Status ModelService::Promote(const v1::PromoteModelRequest& request, const Credential& caller,
                                   v1::PromoteModelResponse* response) {
  ASSIGN_OR_RETURN(const auto version, ParseModelName("name", request.name()));
  RETURN_IF_ERROR(CheckAuditWords(request.reason(), request.actor()));
  ASSIGN_OR_RETURN(auto scope, ExistingScope(request.scope()));
  ASSIGN_OR_RETURN(const auto actor, ActorOf(access_, request.actor(), caller));
  if (request.scope().empty()) {  // the scope of all regions, of the rung that the model is made for
    ASSIGN_OR_RETURN(const ModelRecord record, registry_.Get(version));
    scope = record.rung == Rung::kCatalogue ? RegionId(kCatalogueScope) : ScopeOf(record.question);
  }
  Promotion promotion;
  promotion.scope = scope;
  promotion.version = version;
  promotion.reason = request.reason();
  promotion.actor = actor;
  promotion.promoted_at = clock_.Now();
  ASSIGN_OR_RETURN(const auto stored, registry_.Promote(promotion));
  FillPromotion(stored, response->mutable_promotion());
  if (on_promoted_) on_promoted_();
  return absl::OkStatus();
}

absl::Status ModelService::Rollback(const v1::RollbackModelRequest& request, const Credential& caller,
                                    v1::RollbackModelResponse* response) {
  RETURN_IF_ERROR(CheckAuditWords(request.reason(), request.actor()));
  ASSIGN_OR_RETURN(const auto scope, ExistingScope(request.scope()));
  ASSIGN_OR_RETURN(const auto actor, ActorOf(access_, request.actor(), caller));
  ASSIGN_OR_RETURN(const auto stored, registry_.Rollback(scope, request.reason(), actor, clock_.Now()));
  FillPromotion(stored, response->mutable_promotion());
  if (on_promoted_) on_promoted_();
  return absl::OkStatus();
}

absl::Status ModelService::ListLedger(const v1::ListPromotionsRequest& request, v1::ListPromotionsResponse* response) {
  ASSIGN_OR_RETURN(const auto size, PageSize(request.page_size(), 50, 500));
  std::optional<RegionId> scope;
  if (!request.scope().empty()) {
    ASSIGN_OR_RETURN(scope, ParseScope("scope", request.scope()));
  }
  const std::string query = absl::StrCat("promotions ", request.scope());
  ASSIGN_OR_RETURN(const auto cursor, ParsePageToken(query, request.page_token()));
  int64_t before = INT64_MAX;
  if (!cursor.empty() && !absl::SimpleAtoi(cursor, &before))
    return InvalidField("page_token", "is not a token of this service");
  ASSIGN_OR_RETURN(const auto ledger, registry_.Ledger(scope));
  for (const Promotion& promotion : ledger) {
    if (promotion.sequence >= before) continue;
    if (response->promotions_size() == size) {
      response->set_next_page_token(MakePageToken(query, absl::StrCat(response->promotions().rbegin()->sequence())));
      break;
    }
    FillPromotion(promotion, response->add_promotions());
  }
  return absl::OkStatus();
}

}  // namespace tremorcast::rpc
