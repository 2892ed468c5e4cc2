// Archived forecasts computed again from what they recorded: Forecaster::Replay by the same model,
// ComputeBeside by another one.

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include "core/base/status_macros.h"
#include "server/pipeline/forecaster.h"

namespace tremorcast {
namespace {

// Of the rungs that a model answered.
std::string RuntimesOf(const Forecast& forecast) {
  if (forecast.rungs.empty()) return forecast.runtime;
  std::vector<std::string> runtimes;
  for (const RungAnswer& answer : forecast.rungs) {
    if (!answer.runtime.empty()) runtimes.push_back(answer.runtime);
  }
  return absl::StrJoin(runtimes, "; ");
}

}  // namespace

// All that determined the answer, but for the bytes of its model. NotFound, DataLoss: a window is
// gone.
absl::StatusOr<ForecastInputs> Forecaster::RecordedInputs(const Forecast& archived) {
  ForecastInputs inputs;
  inputs.region = archived.region;
  inputs.valid_from = archived.valid_from;
  inputs.climatology = archived.climatology;
  inputs.coverage = options_.coverage;
  inputs.classes.edges = archived.magnitude_edges;
  inputs.model = StationModel(archived);
  inputs.catalogue = StandingCatalogue(archived);
  inputs.stations_asked = archived.issue == IssueKind::kWeekly || !inputs.model.version.empty();
  for (const StationCoverage& station : archived.stations) {
    std::shared_ptr<const StationWindow> window;
    if (station.window.has_value()) {
      ASSIGN_OR_RETURN(window, windows_.Read(*station.window));
    }
    inputs.stations.push_back(JudgeStation(station.station, window, options_.coverage));
  }
  return inputs;
}

absl::StatusOr<Forecast> Forecaster::ComputeBeside(const Forecast& issued, const ServedModel& model) {
  if (model.etas != nullptr) return ComputeCatalogueBeside(issued, model);
  if (!model.info.question.weekly()) {
    return absl::FailedPreconditionError(
        absl::StrCat("model ", model.record.model.version.value(), " learnt another question than the weekly one"));
  }
  ASSIGN_OR_RETURN(ForecastInputs inputs, RecordedInputs(issued));
  const PredictorInfo& info = model.info;
  inputs.model = info.model;
  if (!inputs.model_answers()) {
    return absl::FailedPreconditionError(
        absl::StrCat("forecast ", issued.id, " of region ", issued.region.value(), " had too little data for a model"));
  }
  ASSIGN_OR_RETURN(std::optional<RegionPrediction> prediction, Predict(inputs, &model));
  Forecast beside = issued;
  AnswerByStations(inputs, prediction, info.pool_weight, beside);
  beside.model = inputs.model;
  beside.calibration = info.calibration;
  beside.runtime = info.runtime;
  beside.demonstrated_skill = info.demonstrated_skill && info.pool_weight > 0;
  beside.input_hash = inputs.Hash();
  return beside;
}

absl::StatusOr<ReplayResult> Forecaster::Replay(const Forecast& archived) {
  ReplayResult result;
  result.archived_runtime = RuntimesOf(archived);
  absl::StatusOr<ForecastInputs> recorded = RecordedInputs(archived);
  if (absl::IsNotFound(recorded.status()) || absl::IsDataLoss(recorded.status())) {
    result.explanation = absl::StrCat("cannot be replayed: ", recorded.status().message());
    return result;
  }
  if (!recorded.ok()) return recorded.status();
  ForecastInputs& inputs = *recorded;
  std::shared_ptr<const ServedModel> model;
  if (inputs.model_answers()) {
    absl::StatusOr<std::shared_ptr<const ServedModel>> loaded = models_.Load(inputs.model.version);
    if (absl::IsNotFound(loaded.status()) || absl::IsDataLoss(loaded.status())) {
      result.explanation = absl::StrCat("cannot be replayed: ", loaded.status().message());
      return result;
    }
    if (!loaded.ok()) return loaded.status();
    model = *std::move(loaded);
    inputs.model = model->info.model;
  }
  std::string changed;
  ASSIGN_OR_RETURN(inputs.catalogue, RecordedCatalogue(archived, changed));
  if (!changed.empty()) {
    result.explanation = absl::StrCat("cannot be replayed: ", changed);
    return result;
  }
  ASSIGN_OR_RETURN(std::optional<RegionPrediction> prediction, Predict(inputs, model.get()));

  Forecast replay = archived;
  // Where no model of the stations runs, nothing of theirs depends on the environment.
  if (model != nullptr) replay.runtime = model->info.runtime;
  const double pool_weight = model != nullptr ? model->info.pool_weight : 0;
  if (const RungAnswer* stations = FindRung(archived, Rung::kStations); stations != nullptr) {
    if (model == nullptr) replay.runtime = stations->runtime;
    AnswerByLadder(inputs, prediction, pool_weight,
                   {stations->demonstrated_skill ? SkillClaim::kShownByGate : SkillClaim::kNotShown, stations->verdict},
                   replay);
  } else {
    AnswerByStations(inputs, prediction, pool_weight, replay);
  }
  RETURN_IF_ERROR(ReplayHorizons(inputs, archived, replay, changed));
  if (!changed.empty()) {
    result.explanation = absl::StrCat("cannot be replayed: ", changed);
    return result;
  }
  result.replay_runtime = RuntimesOf(replay);
  replay.input_hash = inputs.Hash();
  for (size_t i = 0; i < replay.stations.size(); ++i) {
    replay.stations[i].usable = inputs.stations[i].usable;
    replay.stations[i].slot_fraction = inputs.stations[i].slot_fraction;
  }
  Compare(archived, std::move(replay), result);
  return result;
}

void Forecaster::Compare(const Forecast& archived, Forecast replay, ReplayResult& result) {
  for (int k = 0; k < kClasses; ++k) {
    result.max_difference =
        std::max(result.max_difference, std::abs(archived.probabilities[k] - replay.probabilities[k]));
  }
  result.identical = SameBits(archived, replay);
  if (archived.input_hash != replay.input_hash) {
    result.explanation =
        result.identical ? "identical to the bit, although the inputs differ from the recorded ones"
                         : "the inputs differ from the recorded ones (model bytes, window contents or coverage rule)";
  } else if (result.identical) {
    result.explanation = "identical to the bit";
  } else if (result.archived_runtime != result.replay_runtime) {
    result.explanation = absl::StrCat("computed in another numerical environment (then ", result.archived_runtime,
                                      "; now ", result.replay_runtime, "), where the last bits may differ");
  } else {
    result.explanation = "differs with the same inputs in the same numerical environment: this should not happen";
  }
  result.replay = std::move(replay);
}

}  // namespace tremorcast
