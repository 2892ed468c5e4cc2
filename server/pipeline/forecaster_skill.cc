// Whether the serving model has demonstrated skill, and what policy makes of it when it has not.

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/status_macros.h"
#include "core/skill/skill_evidence.h"
#include "server/pipeline/forecaster.h"
#include "server/pipeline/forecaster_gathered.h"

namespace tremorcast {

// Sets the champion aside where it has no demonstrated skill and policy says so.
absl::Status Forecaster::JudgeModel(const ForecastRequest& request, Gathered& gathered) {
  if (request.revises) {
    gathered.set_aside = request.revises->set_aside_model;  // a revision is answered as the first issue was
    return absl::OkStatus();
  }
  if (gathered.model == nullptr) return absl::OkStatus();
  const PredictorInfo& info = gathered.model->predictor->info();
  if (info.pool_weight > 0 && !info.demonstrated_skill) {
    const bool simulated = gathered.simulated || gathered.model->record.simulated;
    ASSIGN_OR_RETURN(
        gathered.shown_in_service,
        ShownInService(*gathered.model, simulated ? ForecastPurpose::kTest : ForecastPurpose::kOperational));
  }
  const bool skilled = info.pool_weight > 0 && (info.demonstrated_skill || !gathered.shown_in_service.empty());
  if (skilled || request.model != nullptr || options_.serve_unskilled == ServeUnskilled::kModel) {
    return absl::OkStatus();
  }
  gathered.set_aside = gathered.model->record.model.version;
  gathered.unasked = std::move(gathered.model);
  return absl::OkStatus();
}

// What the verdict has to say of it.
void Forecaster::NoteSkill(const Gathered& gathered, VerdictFacts& facts) {
  facts.shown_in_service = gathered.shown_in_service;
  if (gathered.set_aside.empty()) return;
  facts.has_model = facts.set_aside = true;
  facts.pool_weight = gathered.unasked != nullptr ? gathered.unasked->predictor->info().pool_weight : 1;
  facts.gate_verdict = gathered.unasked != nullptr ? gathered.unasked->record.verdict : "";
}

// What the verified answers of the model, over all its regions, amount to; empty when they do not
// show skill.
absl::StatusOr<std::string> Forecaster::ShownInService(const ServedModel& model, ForecastPurpose purpose) {
  ASSIGN_OR_RETURN(std::vector<ShadowForecast> shadows, forecasts_.ListShadows(std::nullopt, {purpose}));
  const ModelVersion& version = model.record.model.version;
  const ModelVersion asked[] = {version, TwinOf(version), ModelVersion(kCatalogueReference)};
  std::erase_if(shadows, [&](const ShadowForecast& s) {
    return std::find(std::begin(asked), std::end(asked), s.model_version) == std::end(asked);
  });
  if (shadows.empty()) return std::string();
  ASSIGN_OR_RETURN(std::vector<Verification> verifications, forecasts_.ListVerifications(std::nullopt, {purpose}));
  std::vector<Region> regions = network_.Snapshot()->regions();
  std::erase_if(regions, [&](const Region& r) { return r.simulated != (purpose == ForecastPurpose::kTest); });
  const std::vector<SkillScope> scopes = SkillScopes(regions, {});
  if (scopes.empty()) return std::string();
  const GainsOverReferences gains =
      GainsOverAll(scopes.front(), version, absl::InfinitePast(), VerifyShadows(shadows, verifications));
  return Proven(gains, options_.skill) ? Describe(gains) : std::string();
}

}  // namespace tremorcast
