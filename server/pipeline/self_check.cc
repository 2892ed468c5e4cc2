#include "server/pipeline/self_check.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include <absl/time/civil_time.h>
#include <absl/time/clock.h>

#include "core/base/status_macros.h"
#include "core/skill/records.h"
#include "server/pipeline/catalogue_view.h"

namespace tremorcast {
namespace {

constexpr int kRuns = 1000;
constexpr int kPage = 1000;
// Older forecasts without a verification are no news.
constexpr absl::Duration kUnverifiedSpan = absl::Hours(24 * 7 * 26);

}  // namespace

absl::StatusOr<SelfCheck::Result> SelfCheck::Run() const {
  DiagnosisFacts facts;
  facts.now = parts_.clock.Now();
  facts.replay = options_.replay;
  const Readiness readiness = parts_.readiness();
  facts.ready = readiness.state != Readiness::State::kNotReady;
  facts.ready_reasons = readiness.reasons;
  if (parts_.credentials_left) facts.credentials_left = parts_.credentials_left();
  const absl::Time asked = absl::Now();
  ASSIGN_OR_RETURN(facts.store, parts_.maintenance.State(facts.now));
  facts.database_ahead = facts.store.database_time - (asked + (absl::Now() - asked) / 2);
  facts.retention = options_.retention;
  facts.drop_expired = options_.drop_expired;
  if (options_.retention != absl::InfiniteDuration()) {
    ASSIGN_OR_RETURN(const auto expired, parts_.maintenance.ExpiredWeeks(facts.now - options_.retention));
    for (const ExpiredWeek& week : expired) ++(week.droppable() ? facts.expired_droppable : facts.expired_kept);
  }
  for (const auto add :
       {&SelfCheck::AddCatalogue, &SelfCheck::AddRows, &SelfCheck::AddModels, &SelfCheck::AddForecasts}) {
    RETURN_IF_ERROR((this->*add)(facts));
  }
  return Result{Diagnose(facts, options_.policy), absl::Now(), facts.store.database_time};
}

absl::Status SelfCheck::AddRows(DiagnosisFacts& facts) const {
  ASSIGN_OR_RETURN(const auto latest, parts_.observations.Latest());
  std::set<StationId> fresh;
  for (const LatestObservation& row : latest) {
    facts.newest_slot = std::max(facts.newest_slot.value_or(absl::InfinitePast()), row.slot.start());
    if (row.slot.end() + absl::Hours(1) > facts.now) fresh.insert(row.station);
  }
  const std::shared_ptr<const NetworkSnapshot> network = parts_.network.Snapshot();
  for (const Station& station : network->stations()) {
    if (!station.enrolled() || !Interval{station.valid_from, station.valid_to}.Contains(facts.now)) continue;
    ++facts.stations_enrolled;
    facts.stations_fresh += static_cast<int>(fresh.count(station.id));
  }
  return absl::OkStatus();
}

absl::Status SelfCheck::AddCatalogue(DiagnosisFacts& facts) const {
  ASSIGN_OR_RETURN(facts.completeness, parts_.events.ListCompleteness(false));
  EventQuery future;
  future.origin_time.begin = facts.now + absl::Hours(24);
  future.except_source = std::string(kSimulatedSource);  // whose world may be loaded ahead of its time
  ASSIGN_OR_RETURN(facts.events_in_future, parts_.events.Count(future));
  EventQuery ancient;
  ancient.origin_time.end = absl::FromCivil(absl::CivilDay(1900, 1, 1), absl::UTCTimeZone());
  ASSIGN_OR_RETURN(facts.events_ancient, parts_.events.Count(ancient));
  return absl::OkStatus();
}

absl::Status SelfCheck::AddModels(DiagnosisFacts& facts) const {
  ASSIGN_OR_RETURN(const auto models, parts_.models.List());
  ASSIGN_OR_RETURN(const auto ledger, parts_.models.Ledger(std::nullopt));
  std::set<ModelVersion> promoted;
  std::set<RegionId> scopes;
  const std::shared_ptr<const NetworkSnapshot> network = parts_.network.Snapshot();
  for (const Promotion& entry : ledger) {  // newest first: the first of a scope is its present state
    promoted.insert(entry.version);
    if (!scopes.insert(entry.scope).second) continue;
    if (entry.version.empty()) {
      facts.withdrawn_scopes.push_back(entry.scope.value());
    } else if (!QuestionOfScope(entry.scope).has_value() && entry.scope.value() != kCatalogueScope &&
               network->FindRegion(entry.scope) == nullptr) {
      facts.orphaned_scopes.push_back(entry.scope.value());
    }
  }
  facts.models_published = static_cast<int>(models.size());
  for (const ModelRecord& record : models) {
    facts.models_never_promoted += promoted.count(record.model.version) == 0 ? 1 : 0;
  }
  ASSIGN_OR_RETURN(const auto runs, parts_.training_runs.List(kRuns));
  for (const TrainingRun& run : runs) {
    if (run.state == TrainingState::kRunning) facts.running_trainings.push_back(run.id);
    const bool verdict = run.state == TrainingState::kPromoted || run.state == TrainingState::kKept;
    if (verdict && run.finished_at.has_value()) {
      facts.last_training = std::max(facts.last_training.value_or(absl::InfinitePast()), *run.finished_at);
    }
  }
  return absl::OkStatus();
}

absl::Status SelfCheck::AddForecasts(DiagnosisFacts& facts) const {
  const std::vector<ForecastPurpose> purposes = {ForecastPurpose::kOperational, ForecastPurpose::kTest};
  // Held: the directory drops a snapshot when it refreshes, and the stores are asked meanwhile.
  const std::shared_ptr<const NetworkSnapshot> network = parts_.network.Snapshot();
  for (const Region& region : network->regions()) {
    ForecastQuery query;
    query.region = region.id;
    query.purposes = purposes;
    query.newest_first = true;
    query.limit = 1;
    ASSIGN_OR_RETURN(const auto newest, parts_.forecasts.List(query));
    std::optional<absl::Time>& valid_from = facts.newest_issue[region.id.value()];
    if (!newest.empty()) valid_from = newest.front().valid_from;
  }
  ASSIGN_OR_RETURN(const auto verifications, parts_.forecasts.ListVerifications(std::nullopt, purposes));
  std::set<std::pair<RegionId, std::string>> verified;
  for (const Verification& v : verifications) {
    verified.emplace(v.region, v.forecast_id);
    facts.last_verified_at = std::max(facts.last_verified_at.value_or(absl::InfinitePast()), v.verified_at);
  }
  ForecastQuery query;
  query.purposes = purposes;
  query.latest_revision_only = false;
  query.limit = kPage;
  query.valid_from = {facts.now - kUnverifiedSpan, facts.now - options_.settling_time - kWeekLength};
  while (true) {
    ASSIGN_OR_RETURN(const auto page, parts_.forecasts.List(query));
    for (const Forecast& forecast : page) {
      query.after_sequence = forecast.sequence;
      if (forecast.scored && verified.count({forecast.region, forecast.id}) == 0) ++facts.unverified;
    }
    if (static_cast<int>(page.size()) < kPage) return absl::OkStatus();
  }
}

}  // namespace tremorcast
