#include "server/jobs/shadow_job.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/catalogue/climatology.h"
#include "server/pipeline/catalogue_reference.h"

namespace tremorcast {
namespace {

const ModelRecord* RecordOf(const std::vector<ModelRecord>& records, const ModelVersion& version) {
  const auto at = std::find_if(records.begin(), records.end(),
                               [&](const ModelRecord& record) { return record.model.version == version; });
  return at == records.end() ? nullptr : &*at;
}

const ShadowForecast* ArchivedShadow(const std::vector<ShadowForecast>& shadows, const Forecast& issued,
                                     const ModelVersion& version) {
  const auto at = std::find_if(shadows.rbegin(), shadows.rend(), [&](const ShadowForecast& shadow) {
    return shadow.region == issued.region && shadow.forecast_id == issued.id && shadow.model_version == version;
  });
  return at == shadows.rend() ? nullptr : &*at;
}

// `answer` as a forecast of its own, as Archive takes it.
Forecast AsIssued(const Forecast& issued, const RungAnswer& answer, const ModelVersion& version) {
  Forecast beside = issued;
  beside.model = answer.model;
  beside.model.version = version;
  beside.probabilities = answer.probabilities;
  beside.pool_weight = answer.pool_weight;
  beside.runtime = answer.runtime;
  return beside;
}

// What `version` answered when the forecast was issued, and whether that is what was issued.
std::optional<std::pair<Forecast, bool>> AnswerAtIssue(const Forecast& issued, const ModelVersion& version) {
  if (issued.model_used && issued.model.version == version) return std::pair(issued, true);
  for (const RungAnswer& answer : issued.rungs) {
    if (answer.model.version == version && answer.before_pool.has_value()) {
      return std::pair(AsIssued(issued, answer, version), answer.answers);
    }
  }
  return std::nullopt;
}

}  // namespace

// Changes whenever there may be something new to answer.
absl::StatusOr<std::string> ShadowJob::Situation(const std::vector<Region>& regions) {
  ASSIGN_OR_RETURN(int64_t forecast, forecasts_.LastSequence());
  ASSIGN_OR_RETURN(std::vector<Promotion> ledger, registry_.Ledger(std::nullopt));
  ASSIGN_OR_RETURN(std::vector<ModelRecord> records, registry_.List());
  return absl::StrCat(forecast, " ", ledger.empty() ? 0 : ledger.front().sequence, " ", records.size(), " ",
                      regions.size());
}

absl::Status ShadowJob::Tick(absl::Time now, const std::function<bool()>& may_continue) {
  const std::shared_ptr<const NetworkSnapshot> network = network_.Snapshot();
  ASSIGN_OR_RETURN(std::string situation, Situation(network->regions()));
  if (situation == done_) return absl::OkStatus();
  ASSIGN_OR_RETURN(SkillView view, ReadSkillView(network->regions(), forecasts_, registry_, options_.policy));
  absl::Status first_failure;
  for (const ScopeView& scope : view.scopes) {
    if (scope.contenders.challenger.empty()) {
      for (const RegionId& region : scope.scope.regions) metrics_.shadow_divergence.Remove({region.value()});
    }
    ASSIGN_OR_RETURN(const std::vector<Forecast> first, FirstIssues(scope.scope));
    std::vector<Forecast> issued;  // those that a model of this rung can stand beside
    for (const Forecast& forecast : first) {
      if (scope.scope.rung == Rung::kCatalogue || forecast.status != ForecastStatus::kInsufficientData) {
        issued.push_back(forecast);
      }
    }
    // One model after the other, so that each is loaded once.
    for (const ModelVersion& version : scope.contenders.Models()) {
      if (!may_continue()) return absl::CancelledError("stopped between two models");
      first_failure.Update(Answer(scope, view, version, issued, now));
    }
    if (scope.scope.rung == Rung::kCatalogue) {
      first_failure.Update(ArchiveCatalogueRung(view, issued));
      continue;
    }
    first_failure.Update(AnswerFromCatalogueAlone(network->regions(), view, issued, now));
    first_failure.Update(ArchiveRungBelow(view, issued));
  }
  if (first_failure.ok()) done_ = std::move(situation);
  return first_failure;
}

// The first issue of the newest week of each of the scope's regions.
absl::StatusOr<std::vector<Forecast>> ShadowJob::FirstIssues(const SkillScope& scope) {
  std::vector<Forecast> issues;
  for (const RegionId& region : scope.regions) {
    ForecastQuery query;
    query.region = region;
    query.purposes = {ForecastPurpose::kOperational, ForecastPurpose::kTest};
    query.newest_first = true;
    query.limit = 1;
    ASSIGN_OR_RETURN(std::vector<Forecast> newest, forecasts_.List(query));
    if (newest.empty()) continue;
    const Forecast& standing = newest.front();
    ASSIGN_OR_RETURN(std::optional<Forecast> first,
                     forecasts_.Get(region, MakeForecastId(standing.valid_from, standing.purpose, 1)));
    if (first.has_value()) issues.push_back(*std::move(first));
  }
  return issues;
}

// The catalogue rung's own record, with its twin, whichever model answered.
absl::Status ShadowJob::ArchiveCatalogueRung(const SkillView& view, const std::vector<Forecast>& issued) {
  const ModelVersion record(kCatalogueRungAnswer);
  absl::Status first_failure;
  for (const Forecast& forecast : issued) {
    const RungAnswer* rung = FindRung(forecast, Rung::kCatalogue);
    if (!forecast.scored || rung == nullptr || rung->model.version.empty() ||
        ArchivedShadow(view.shadows, forecast, record) != nullptr) {
      continue;
    }
    absl::StatusOr<std::shared_ptr<const ServedModel>> model = models_.Load(rung->model.version);
    absl::Status archived = model.status();
    const Forecast answer = AsIssued(forecast, *rung, record);
    if (archived.ok()) archived = AnswerWithTwin(view, record, forecast, answer, *model, forecast.issued_at);
    if (archived.ok()) archived = Archive(forecast, answer, rung->answers, forecast.issued_at);
    first_failure.Update(archived);
  }
  return first_failure;
}

// What the station rung has below it, as it was issued or would have been.
absl::Status ShadowJob::ArchiveRungBelow(const SkillView& view, const std::vector<Forecast>& issued) {
  const ModelVersion reference(kRungBelow);
  absl::Status first_failure;
  for (const Forecast& forecast : issued) {
    const RungAnswer* below = FindRung(forecast, Rung::kCatalogue);
    if (!forecast.scored || below == nullptr || !below->demonstrated_skill ||
        ArchivedShadow(view.shadows, forecast, reference) != nullptr) {
      continue;
    }
    first_failure.Update(Archive(forecast, AsIssued(forecast, *below, reference), below->answers, forecast.issued_at));
  }
  return first_failure;
}

bool ShadowJob::Prospective(const Forecast& issued, absl::Time now) const {
  return issued.scored && now <= issued.valid_from + options_.max_grace;
}

absl::Status ShadowJob::AnswerFromCatalogueAlone(const std::vector<Region>& regions, const SkillView& view,
                                                 const std::vector<Forecast>& issued, absl::Time now) {
  const ModelVersion reference(kCatalogueReference);
  absl::Status first_failure;
  for (const Forecast& forecast : issued) {
    if (!Prospective(forecast, now) || ArchivedShadow(view.shadows, forecast, reference) != nullptr) continue;
    absl::StatusOr<CatalogueAnswer> answer =
        AnswerFromCatalogue(forecast, regions, events_, options_.catalogue_precedence);
    if (absl::IsFailedPrecondition(answer.status())) continue;  // too young a catalogue
    if (!answer.ok()) {
      first_failure.Update(answer.status());
      continue;
    }
    Forecast beside = forecast;
    beside.model.version = reference;
    beside.model.weights_sha256.clear();
    beside.probabilities = answer->probabilities;
    beside.pool_weight = 0;
    beside.runtime.clear();
    beside.input_hash = answer->catalogue_snapshot;
    first_failure.Update(Archive(forecast, beside, false, now));
  }
  return first_failure;
}

absl::Status ShadowJob::Answer(const ScopeView& scope, const SkillView& view, const ModelVersion& version,
                               const std::vector<Forecast>& issued, absl::Time now) {
  const ModelRecord* record = RecordOf(view.records, version);
  if (record == nullptr) return absl::OkStatus();
  const bool challenger = version == scope.contenders.challenger;
  absl::Status first_failure;
  std::shared_ptr<const ServedModel> model;
  for (const Forecast& forecast : issued) {
    if (const ShadowForecast* known = ArchivedShadow(view.shadows, forecast, version); known != nullptr) {
      if (challenger) ExportDivergence(forecast, known->probabilities);
      continue;
    }
    if (const std::optional<std::pair<Forecast, bool>> issued_answer = AnswerAtIssue(forecast, version)) {
      if (!forecast.scored) continue;
      const auto& [answer, served] = *issued_answer;
      // The twin first: an archived answer is not looked at again.
      absl::Status archived = AnswerWithTwin(view, version, forecast, answer, model, forecast.issued_at);
      if (archived.ok()) archived = Archive(forecast, answer, served, forecast.issued_at);
      first_failure.Update(archived);
      continue;
    }
    const bool prospective = record->created_at <= forecast.issued_at && Prospective(forecast, now);
    if (!prospective && !challenger) continue;
    if (model == nullptr) {
      ASSIGN_OR_RETURN(model, models_.Load(version));
    }
    absl::StatusOr<Forecast> answer = forecaster_.ComputeBeside(forecast, *model);
    if (!answer.ok()) {
      first_failure.Update(answer.status());
      continue;
    }
    if (prospective) {
      absl::Status archived = AnswerWithTwin(view, version, forecast, *answer, model, now);
      if (archived.ok()) archived = Archive(forecast, *answer, false, now);
      first_failure.Update(archived);
    }
    if (challenger) {
      const double divergence = ExportDivergence(forecast, answer->probabilities);
      log_.Info(absl::StrCat("challenger ", version.value(), " differs from forecast ", forecast.id, " of region ",
                             forecast.region.value(), " by up to ", divergence));
    }
  }
  return first_failure;
}

// What the model would have answered without any station, in the pool that its answer was given:
// archived with it, or its verified gain could not be told from a base rate that changed.
absl::Status ShadowJob::AnswerWithTwin(const SkillView& view, const ModelVersion& version, const Forecast& issued,
                                       const Forecast& answer, std::shared_ptr<const ServedModel>& model,
                                       absl::Time now) {
  if (ArchivedShadow(view.shadows, issued, TwinOf(version)) != nullptr) return absl::OkStatus();
  if (model == nullptr) {
    ASSIGN_OR_RETURN(model, models_.Load(version));
  }
  const std::optional<InputFreeTwin>& twin = model->info.twin;
  if (!twin.has_value()) return absl::OkStatus();  // a checkpoint older than twins
  Forecast beside = answer;
  beside.model.version = TwinOf(version);
  const ClassProbabilities& below = model->record.rung == Rung::kStations ? BelowStations(issued) : issued.climatology;
  beside.probabilities = PoolWithClimatology(twin->For(issued.region), below, answer.pool_weight);
  beside.input_hash.clear();
  return Archive(issued, beside, false, now);
}

absl::Status ShadowJob::Archive(const Forecast& issued, const Forecast& answer, bool served, absl::Time now) {
  ShadowForecast shadow;
  shadow.region = issued.region;
  shadow.forecast_id = issued.id;
  shadow.model_version = answer.model.version;
  shadow.valid_from = issued.valid_from;
  shadow.purpose = issued.purpose;
  shadow.answered_at = now;
  shadow.probabilities = answer.probabilities;
  shadow.pool_weight = answer.pool_weight;
  shadow.served = served;
  shadow.weights_sha256 = answer.model.weights_sha256;
  shadow.runtime = answer.runtime;
  shadow.input_hash = answer.input_hash;
  return forecasts_.AppendShadow(shadow);
}

double ShadowJob::ExportDivergence(const Forecast& issued, const ClassProbabilities& theirs) {
  const auto ours = ExceedanceProbabilities(issued.probabilities);
  const auto others = ExceedanceProbabilities(theirs);
  double divergence = 0;
  for (size_t k = 0; k < ours.size(); ++k) divergence = std::max(divergence, std::abs(ours[k] - others[k]));
  metrics_.shadow_divergence.Set({issued.region.value()}, divergence);
  return divergence;
}

}  // namespace tremorcast
