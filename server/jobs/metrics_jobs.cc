#include "server/jobs/metrics_jobs.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/base/status_macros.h"
#include "core/forecast/forecast.h"
#include "core/skill/records.h"
#include "core/skill/run_id.h"
#include "core/skill/track_record.h"

namespace tremorcast {
namespace {

constexpr int kRuns = 1000;

}  // namespace

absl::Status ForecastMetricsJob::Tick(absl::Time, const std::function<bool()>&) {
  const std::vector<ForecastPurpose> purposes = {ForecastPurpose::kOperational, ForecastPurpose::kTest};
  int degraded = 0;
  const std::shared_ptr<const NetworkSnapshot> network = network_.Snapshot();
  for (const Region& region : network->regions()) {
    ForecastQuery query;
    query.region = region.id;
    query.purposes = purposes;
    query.newest_first = true;
    query.limit = 1;
    ASSIGN_OR_RETURN(std::vector<Forecast> newest, forecasts_.List(query));
    if (newest.empty()) continue;
    const Forecast& f = newest.front();
    const auto exceedance = ExceedanceProbabilities(f.probabilities);
    for (size_t k = 0; k < exceedance.size(); ++k) {
      metrics_.probability.Set({region.id.value(), absl::StrFormat("%.1f", f.magnitude_edges[k])}, exceedance[k]);
    }
    metrics_.issued_timestamp.Set({region.id.value()}, UnixSeconds(f.issued_at));
    if (f.status != ForecastStatus::kOk) ++degraded;
  }
  metrics_.regions_degraded.Set(degraded);

  ASSIGN_OR_RETURN(std::vector<Verification> verifications, forecasts_.ListVerifications(std::nullopt, purposes));
  std::map<RegionId, std::vector<Verification>> by_region;
  for (Verification& v : verifications) by_region[v.region].push_back(std::move(v));
  for (const auto& [region, exported] : exported_) by_region.try_emplace(region);  // none counts any more
  for (auto& [region, own] : by_region) {
    // The interval behind a track record is a bootstrap: only when there is something new.
    std::map<std::string, int> revisions;
    for (const Verification& v : own) revisions[v.forecast_id] = v.revision;
    if (exported_[region] == revisions) continue;
    ASSIGN_OR_RETURN(std::vector<ShadowForecast> shadows, forecasts_.ListShadows(region, purposes));
    exported_[region] = std::move(revisions);
    metrics_.information_gain.RemoveWithFirstLabel(region.value());
    const TrackRecord record =
        BuildTrackRecord(region, std::move(own), shadows, RegionsLookedAt(network->regions(), region));
    if (record.over_climatology.has_value()) {
      metrics_.information_gain.Set({region.value(), "climatology"}, record.over_climatology->mean);
    }
    if (record.over_catalogue.has_value()) {
      metrics_.information_gain.Set({region.value(), "catalogue"}, record.over_catalogue->mean);
    }
    if (record.over_twin.has_value()) {
      metrics_.information_gain.Set({region.value(), "twin"}, record.over_twin->mean);
    }
  }
  return absl::OkStatus();
}

absl::Status TrainingMetricsJob::Tick(absl::Time, const std::function<bool()>&) {
  ASSIGN_OR_RETURN(std::vector<TrainingRun> runs, runs_.List(kRuns));
  std::map<TrainingState, int> counts;
  absl::Time last_success = absl::InfinitePast();
  std::map<Rung, const TrainingRun*> newest_scored;
  for (const TrainingRun& run : runs) {
    ++counts[run.state];
    if ((run.state == TrainingState::kPromoted || run.state == TrainingState::kKept) && run.finished_at.has_value()) {
      last_success = std::max(last_success, *run.finished_at);
    }
    if (!run.scores_json.empty()) newest_scored.try_emplace(RungOfRun(run.id), &run);
  }
  for (const TrainingState state : {TrainingState::kRunning, TrainingState::kPromoted, TrainingState::kKept,
                                    TrainingState::kFailed, TrainingState::kInterrupted}) {
    metrics_.runs.Set({std::string(TrainingStateName(state))}, counts[state]);
  }
  if (last_success > absl::InfinitePast()) metrics_.last_success_timestamp.Set(UnixSeconds(last_success));
  std::string shown;
  for (const auto& [rung, run] : newest_scored) absl::StrAppend(&shown, run->id, " ");
  if (shown != exported_runs_) {
    metrics_.candidate_score.Clear();
    for (const auto& [rung, run] : newest_scored) {
      const char* const scope = rung == Rung::kCatalogue ? kCatalogueScope : kNetworkScope;
      for (const auto& [name, value] : parse_scores_(run->scores_json))
        metrics_.candidate_score.Set({scope, name}, value);
    }
    exported_runs_ = std::move(shown);
  }
  return absl::OkStatus();
}

absl::Status NetworkRefreshJob::Tick(absl::Time, const std::function<bool()>&) {
  RETURN_IF_ERROR(network_.Refresh());
  ASSIGN_OR_RETURN(std::vector<LatestObservation> latest, observations_.Latest());
  for (const LatestObservation& row : latest) {
    metrics_.station_last_observation.SetMax({row.station.value()}, UnixSeconds(row.slot.start()));
  }
  return absl::OkStatus();
}

}  // namespace tremorcast
