#include "server/jobs/verify_job.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/catalogue/labels.h"
#include "core/verification/scores.h"
#include "server/pipeline/catalogue_view.h"

namespace tremorcast {
namespace {

constexpr int kPage = 500;

bool OfSimulatedWorld(const Forecast& forecast, const std::vector<Completeness>& complete) {
  return UsesSimulatedCatalogue(forecast.purpose == ForecastPurpose::kTest, complete);
}

// The earliest moment that one of the two says is covered and the other does not; InfiniteFuture: none.
// Not by periods alone, since one statement may become two that say the same.
absl::Time FirstDifference(const std::vector<Completeness>& before, const std::vector<Completeness>& after) {
  using Catalogue = std::tuple<std::string, std::optional<RegionId>, double>;
  std::map<Catalogue, std::array<std::vector<Interval>, 2>> covered;
  for (const auto* statements : {&before, &after}) {
    for (const Completeness& one : *statements) {
      covered[{one.source, one.region, one.magnitude}][statements == &after].push_back(one.period);
    }
  }
  absl::Time first = absl::InfiniteFuture();
  for (const auto& [catalogue, periods] : covered) {
    // Coverage changes at the ends of periods only.
    for (const auto& side : periods) {
      for (const Interval& period : side) {
        for (const absl::Time at : {period.begin, period.end}) {
          const auto contains = [at](const Interval& other) { return other.Contains(at); };
          if (at < first && std::any_of(periods[0].begin(), periods[0].end(), contains) !=
                                std::any_of(periods[1].begin(), periods[1].end(), contains)) {
            first = at;
          }
        }
      }
    }
  }
  return first;
}

}  // namespace

Verification VerifyForecast(const Forecast& forecast, absl::Span<const SeismicEvent> events, absl::Time now) {
  Region region;
  region.id = forecast.region;
  region.polygon = forecast.region_polygon;
  MagnitudeClasses classes;
  classes.edges = forecast.magnitude_edges;
  const RegionLabel whole = LabelRegion(region, {forecast.valid_from, forecast.valid_to}, events, classes);
  const Interval unseen = {std::max(forecast.valid_from, forecast.issued_at), forecast.valid_to};
  const RegionLabel after = LabelRegion(region, unseen, events, classes);
  Verification v;
  v.region = forecast.region;
  v.forecast_id = forecast.id;
  v.valid_from = forecast.valid_from;
  v.purpose = forecast.purpose;
  v.verified_at = now;
  v.observed_class = whole.magnitude_class;
  v.largest_magnitude = whole.largest_magnitude;
  v.events = whole.events;
  v.catalogue_snapshot = CatalogueSnapshot({events.begin(), events.end()});
  v.probabilities = forecast.probabilities;
  v.climatology = forecast.climatology;
  v.model_used = forecast.model_used;
  v.model_version = forecast.model.version;
  v.log_score = LogScore(forecast.probabilities, whole.magnitude_class);
  v.information_gain = InformationGain(forecast.probabilities, forecast.climatology, whole.magnitude_class);
  v.observed_class_after_issue = after.magnitude_class;
  v.information_gain_after_issue = InformationGain(forecast.probabilities, forecast.climatology, after.magnitude_class);
  return v;
}

// Scored forecasts whose week is settled and which were not done before.
absl::StatusOr<std::vector<Forecast>> VerifyJob::Candidates(const std::vector<Completeness>& complete) {
  absl::Time latest = absl::InfinitePast();
  for (const Completeness& one : complete) latest = std::max(latest, one.period.end);
  ForecastQuery query;
  query.purposes = {ForecastPurpose::kOperational, ForecastPurpose::kTest};
  query.valid_from = {verified_before_, latest - options_.settling_time};
  query.latest_revision_only = false;
  query.limit = kPage;
  std::vector<Forecast> due;
  if (query.valid_from.empty()) return due;
  while (true) {
    ASSIGN_OR_RETURN(std::vector<Forecast> page, forecasts_.List(query));
    for (Forecast& forecast : page) {
      query.after_sequence = forecast.sequence;
      if (!forecast.scored) continue;
      const Interval needed = {forecast.valid_from, forecast.valid_to + options_.settling_time};
      const bool settled =
          IsInside(needed, CompletePeriods(complete, OfSimulatedWorld(forecast, complete), forecast.region));
      if (settled) due.push_back(std::move(forecast));
    }
    if (static_cast<int>(page.size()) < kPage) return due;
  }
}

absl::Status VerifyJob::Tick(absl::Time now, const std::function<bool()>& may_continue) {
  ASSIGN_OR_RETURN(const auto complete, events_.ListCompleteness(false));
  // A statement may open weeks that began long ago; one that only extends opens those at its end.
  verified_before_ =
      std::min(verified_before_, FirstDifference(complete_, complete) - options_.settling_time - kWeekLength);
  complete_ = complete;
  ASSIGN_OR_RETURN(std::vector<Forecast> due, Candidates(complete));
  if (!due.empty()) {
    const ForecastPurpose purposes[] = {ForecastPurpose::kOperational, ForecastPurpose::kTest};
    ASSIGN_OR_RETURN(std::vector<Verification> known, forecasts_.ListVerifications(std::nullopt, purposes));
    std::set<std::pair<RegionId, std::string>> done;
    for (const Verification& v : known) done.emplace(v.region, v.forecast_id);
    for (const Forecast& forecast : due) {
      if (!may_continue()) return absl::CancelledError("stopped between two forecasts");
      if (done.count({forecast.region, forecast.id}) > 0) continue;
      if (absl::Status status = Verify(forecast, OfSimulatedWorld(forecast, complete), now); !status.ok()) {
        return status;
      }
    }
  }
  // Weeks settled in both worlds need not be looked at again: nothing scored is ever issued for a
  // week that is over.
  absl::Time settled = LastCompletePeriod(complete, false).end;
  if (UsesSimulatedCatalogue(true, complete)) settled = std::min(settled, LastCompletePeriod(complete, true).end);
  if (settled > absl::InfinitePast()) {
    verified_before_ = std::max(verified_before_, std::min(settled, now) - options_.settling_time - kWeekLength);
  }
  return absl::OkStatus();
}

absl::Status VerifyJob::Verify(const Forecast& forecast, bool simulated, absl::Time now) {
  EventQuery query;
  query.origin_time = {forecast.valid_from, forecast.valid_to};
  ASSIGN_OR_RETURN(std::vector<SeismicEvent> events, events_.List(query));
  const Verification verification =
      VerifyForecast(forecast, CatalogueFor(simulated, std::move(events), options_.catalogue_precedence), now);
  RETURN_IF_ERROR(forecasts_.AppendVerification(verification));
  log_.Info(absl::StrCat("verified ", forecast.id, " of region ", forecast.region.value(), ": class ",
                         verification.observed_class, ", information gain ", verification.information_gain, " nats"),
            {{"event", "verify"}, {"region", forecast.region.value()}, {"forecast", forecast.id}});
  return absl::OkStatus();
}

}  // namespace tremorcast
