#include "server/jobs/shadow_job.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace tremorcast {

absl::Status ShadowJob::Tick(absl::Time, const std::function<bool()>& may_continue) {
  absl::StatusOr<std::vector<ModelRecord>> records = registry_.List();
  if (!records.ok()) return records.status();
  absl::Status first_failure;
  const std::shared_ptr<const NetworkSnapshot> network = network_.Snapshot();
  for (const Region& region : network->regions()) {
    if (!may_continue()) return absl::CancelledError("stopped between two regions");
    first_failure.Update(Shadow(region.id, *records));
  }
  return first_failure;
}

absl::Status ShadowJob::Shadow(const RegionId& region, const std::vector<ModelRecord>& newest_first) {
  const std::shared_ptr<const ServedModel> champion = models_.For(region);
  if (champion == nullptr || newest_first.empty() || newest_first.front().created_at <= champion->record.created_at) {
    metrics_.shadow_divergence.Remove({region.value()});
    compared_.erase(region);
    return absl::OkStatus();
  }
  ForecastQuery query;
  query.region = region;
  query.purposes = {ForecastPurpose::kOperational, ForecastPurpose::kTest};
  query.newest_first = true;
  query.limit = 1;
  absl::StatusOr<std::vector<Forecast>> issued = forecasts_.List(query);
  if (!issued.ok()) return issued.status();
  if (issued->empty() || !issued->front().model_used) return absl::OkStatus();
  const Forecast& forecast = issued->front();
  const ModelVersion& challenger = newest_first.front().version;
  std::string comparison = absl::StrCat(forecast.id, " ", challenger.value());
  if (compared_[region] == comparison) return absl::OkStatus();

  absl::StatusOr<std::shared_ptr<const ServedModel>> model = models_.Load(challenger);
  if (!model.ok()) return model.status();
  ForecastRequest request;
  request.region = region;
  request.valid_from = forecast.valid_from;
  request.as_of = forecast.issued_at;
  request.model = *std::move(model);
  absl::StatusOr<Forecast> shadow = forecaster_.Compute(request);
  if (!shadow.ok()) return shadow.status();
  const auto ours = ExceedanceProbabilities(forecast.probabilities);
  const auto theirs = ExceedanceProbabilities(shadow->probabilities);
  double divergence = 0;
  for (size_t k = 0; k < ours.size(); ++k) divergence = std::max(divergence, std::abs(ours[k] - theirs[k]));
  metrics_.shadow_divergence.Set({region.value()}, divergence);
  log_.Info(absl::StrCat("challenger ", challenger.value(), " differs from forecast ", forecast.id, " of region ",
                         region.value(), " by up to ", divergence));
  compared_[region] = std::move(comparison);
  return absl::OkStatus();
}

}  // namespace tremorcast
