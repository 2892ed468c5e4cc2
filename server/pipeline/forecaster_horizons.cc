// The stations' models of fewer days than the week: asked at each weekly issue of the windows that it
// read, and pooled with what the rung below says of so many days.

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "server/pipeline/forecaster.h"
#include "server/pipeline/forecaster_gathered.h"

namespace tremorcast {
namespace {

// The question's inputs: the same windows, and the rung below of so many days.
ForecastInputs OfDays(const ForecastInputs& week, int days, const ClassProbabilities& climatology,
                      const ModelProvenance& model) {
  ForecastInputs inputs = week;
  inputs.climatology = climatology;
  inputs.model = model;
  if (!inputs.catalogue.has_value()) return inputs;
  const auto& horizons = inputs.catalogue->outlook.horizons;
  const auto said =
      std::find_if(horizons.begin(), horizons.end(), [days](const HorizonOutlook& one) { return one.days == days; });
  if (said == horizons.end()) {
    inputs.catalogue.reset();
    return inputs;
  }
  RungAnswer& answer = inputs.catalogue->answer;
  answer.before_pool = FloorAndNormalise(said->probabilities);
  answer.probabilities = PoolWithClimatology(*answer.before_pool, climatology, answer.pool_weight);
  return inputs;
}

}  // namespace

// Those that serve beside the region's own answer, ascending; none where no station is asked.
std::vector<std::shared_ptr<const ServedModel>> Forecaster::HorizonModels(const ForecastRequest& request,
                                                                          const Gathered& gathered) const {
  std::vector<std::shared_ptr<const ServedModel>> models;
  if (!gathered.inputs.stations_asked || request.without_model || request.model != nullptr) return models;
  for (int days = 1; days < kWeekDays; ++days) {
    const std::optional<StationQuestion> question = QuestionAt(request.valid_from, days);
    if (!question.has_value()) break;
    std::shared_ptr<const ServedModel> model = models_.For(request.region, *question);
    if (model != nullptr && model->record.simulated == gathered.simulated) models.push_back(std::move(model));
  }
  return models;
}

// What `model` says; its verdict and whether it answers are the caller's to say.
absl::StatusOr<StationHorizon> Forecaster::AskHorizon(const ForecastInputs& week, const ServedModel& model,
                                                      const ClassProbabilities& climatology) {
  StationHorizon horizon;
  horizon.days = model.info.question.horizon_days;
  horizon.climatology = climatology;
  const ForecastInputs inputs = OfDays(week, horizon.days, climatology, model.info.model);
  std::optional<RegionPrediction> prediction;
  if (inputs.model_answers()) {
    ASSIGN_OR_RETURN(prediction, Predict(inputs, &model));
  }
  const ForecastAnswer answer =
      AnswerFrom(inputs, prediction.has_value() ? &*prediction : nullptr, model.info.pool_weight);
  horizon.answer.rung = Rung::kStations;
  horizon.answer.model = model.info.model;
  horizon.answer.probabilities = answer.probabilities;
  horizon.answer.before_pool = answer.model_probabilities;
  horizon.answer.pool_weight = answer.pool_weight;
  horizon.answer.runtime = model.info.runtime;
  return horizon;
}

absl::Status Forecaster::AnswerHorizons(const Gathered& gathered, Forecast& f) {
  for (const auto& [model, climatology] : gathered.horizons) {
    absl::StatusOr<StationHorizon> horizon = AskHorizon(gathered.inputs, *model, climatology);
    if (!horizon.ok()) {  // the week's own answer stands
      metrics_.failures["model"].Increment();
      log_.Error(std::string(horizon.status().message()));
      f.limitations.push_back(
          absl::StrCat("the stations' model of ", model->info.question.horizon_days, " days failed"));
      continue;
    }
    SkillFacts facts;
    facts.status = gathered.inputs.status();
    facts.usable = gathered.inputs.usable();
    facts.enrolled = static_cast<int>(gathered.inputs.stations.size());
    facts.has_model = true;
    facts.pool_weight = model->info.pool_weight;
    facts.gate_passed = model->info.demonstrated_skill;
    facts.gate_over_catalogue_rung = model->info.over_catalogue_rung;
    facts.gate_verdict = model->record.verdict;
    facts.below_answers = OfDays(gathered.inputs, horizon->days, climatology, model->info.model).catalogue_answers();
    const SkillVerdict verdict = JudgeSkill(facts);
    RungAnswer& answer = horizon->answer;
    answer.demonstrated_skill = answer.before_pool.has_value() && verdict.demonstrated();
    // Nothing of it is verified in service, so that without skill at the gate there is no other chance.
    answer.answers = answer.demonstrated_skill;
    answer.verdict = verdict.sentence;
    f.station_horizons.push_back(*std::move(horizon));
  }
  return absl::OkStatus();
}

// The same of an archived forecast. `changed`: why a model cannot be had any more.
absl::Status Forecaster::ReplayHorizons(const ForecastInputs& week, const Forecast& archived, Forecast& replay,
                                        std::string& changed) {
  replay.station_horizons.clear();
  for (const StationHorizon& said : archived.station_horizons) {
    const absl::StatusOr<std::shared_ptr<const ServedModel>> model = models_.Load(said.answer.model.version);
    if (absl::IsNotFound(model.status()) || absl::IsDataLoss(model.status())) {
      changed = std::string(model.status().message());
      return absl::OkStatus();
    }
    if (!model.ok()) return model.status();
    ASSIGN_OR_RETURN(StationHorizon again, AskHorizon(week, **model, said.climatology));
    again.answer.demonstrated_skill = said.answer.demonstrated_skill;
    again.answer.answers = said.answer.answers;
    again.answer.verdict = said.answer.verdict;
    replay.station_horizons.push_back(std::move(again));
  }
  return absl::OkStatus();
}

}  // namespace tremorcast
