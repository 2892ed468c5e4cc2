// Whether the serving model has demonstrated skill, and what policy makes of it when it has not.

#include <optional>
#include <utility>
#include <vector>

#include "core/base/status_macros.h"
#include "core/skill/skill_evidence.h"
#include "server/pipeline/forecaster.h"
#include "server/pipeline/forecaster_gathered.h"

namespace tremorcast {

// Sets the champion aside where it has no demonstrated skill and policy says so.
absl::Status Forecaster::JudgeModel(const ForecastRequest& request, Gathered& gathered) {
  if (gathered.model != nullptr && gathered.model->info.pool_weight > 0) {
    const bool simulated = gathered.simulated || gathered.model->record.simulated;
    ASSIGN_OR_RETURN(
        gathered.model_record,
        ReadModelRecord(*gathered.model, simulated ? ForecastPurpose::kTest : ForecastPurpose::kOperational));
  }
  if (request.revises) {
    gathered.set_aside = request.revises->set_aside_model;  // a revision is answered as the first issue was
    return absl::OkStatus();
  }
  if (gathered.model == nullptr || request.model != nullptr || options_.serve_unskilled == ServeUnskilled::kModel ||
      JudgeSkill(FactsOf(gathered)).demonstrated()) {
    return absl::OkStatus();
  }
  gathered.set_aside = gathered.model->record.model.version;
  gathered.unasked = std::move(gathered.model);
  return absl::OkStatus();
}

// What is known of the model that answers, or would have.
SkillFacts Forecaster::FactsOf(const Gathered& gathered) {
  SkillFacts facts;
  facts.set_aside = !gathered.set_aside.empty();
  const ServedModel* model = gathered.model != nullptr ? gathered.model.get() : gathered.unasked.get();
  facts.has_model = facts.set_aside || model != nullptr;
  if (facts.set_aside) facts.pool_weight = 1;  // a revision knows its name alone
  if (model != nullptr) {
    const PredictorInfo& info = model->info;
    facts.pool_weight = info.pool_weight;
    facts.gate_passed = info.demonstrated_skill;
    facts.gate_over_catalogue_rung = info.over_catalogue_rung;
    facts.gate_verdict = model->record.verdict;
  }
  if (gathered.model_record.has_value()) facts.model_record = &*gathered.model_record;
  return facts;
}

// Of the verified answers of the model over all its regions.
absl::StatusOr<VerifiedRecord> Forecaster::ReadModelRecord(const ServedModel& model, ForecastPurpose purpose) {
  ASSIGN_OR_RETURN(std::vector<ShadowForecast> shadows, forecasts_.ListShadows(std::nullopt, {purpose}));
  std::vector<Verification> verifications;
  if (!shadows.empty()) {
    ASSIGN_OR_RETURN(verifications, forecasts_.ListVerifications(std::nullopt, {purpose}));
  }
  std::vector<Region> regions = network_.Snapshot()->regions();
  std::erase_if(regions, [&](const Region& r) { return r.simulated != (purpose == ForecastPurpose::kTest); });
  // Refits of the catalogue's model share one record.
  const ModelVersion answered = model.etas != nullptr ? ModelVersion(kCatalogueRungAnswer) : model.record.model.version;
  return RecordOfModel(answered, model.record.rung, regions, shadows, VerifyShadows(shadows, verifications),
                       options_.skill);
}

}  // namespace tremorcast
