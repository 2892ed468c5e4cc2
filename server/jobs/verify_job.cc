#include "server/jobs/verify_job.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "core/base/status_macros.h"
#include "core/catalogue/labels.h"
#include "core/verification/scores.h"
#include "server/pipeline/catalogue_view.h"

namespace tremorcast {
namespace {

constexpr int kPage = 500;

bool OfSimulatedWorld(ForecastPurpose purpose, const std::vector<Completeness>& complete) {
  return UsesSimulatedCatalogue(purpose == ForecastPurpose::kTest, complete);
}

// How what is covered changed between two lists of statements. Not by periods alone, since one statement
// may become two that say the same.
struct CoverageChange {
  absl::Time first = absl::InfiniteFuture();  // the earliest moment that one says is covered and the other does not
  bool lost = false;                          // some moment is not covered any more
};

CoverageChange CompareCoverage(const std::vector<Completeness>& before, const std::vector<Completeness>& after) {
  using Catalogue = std::tuple<std::string, std::optional<RegionId>, double>;
  std::map<Catalogue, std::array<std::vector<Interval>, 2>> covered;
  for (const auto* statements : {&before, &after}) {
    for (const Completeness& one : *statements) {
      covered[{one.source, one.region, one.magnitude}][statements == &after].push_back(one.period);
    }
  }
  CoverageChange change;
  for (const auto& [catalogue, periods] : covered) {
    // Coverage changes at the ends of periods only.
    for (const auto& side : periods) {
      for (const Interval& period : side) {
        for (const absl::Time at : {period.begin, period.end}) {
          const auto contains = [at](const Interval& other) { return other.Contains(at); };
          const bool was = std::any_of(periods[0].begin(), periods[0].end(), contains);
          const bool is = std::any_of(periods[1].begin(), periods[1].end(), contains);
          if (was != is) change.first = std::min(change.first, at);
          change.lost = change.lost || (was && !is);
        }
      }
    }
  }
  return change;
}

std::string Outcome(const ObservedWeek& week) {
  return absl::StrCat(
      "class ", week.magnitude_class, " of ", week.events, " events",
      week.largest_magnitude.has_value() ? absl::StrFormat(" up to M %.1f", *week.largest_magnitude) : "");
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
  v.issue = forecast.issue;
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

// What the catalogue says of weeks, as of one tick; each is read once for all its regions.
class VerifyJob::WeekCatalogue {
 public:
  WeekCatalogue(EventStore& events, const std::vector<Completeness>& complete,
                const std::vector<std::string>& precedence)
      : events_(events), complete_(complete), precedence_(precedence) {}

  const std::vector<Completeness>& complete() const { return complete_; }
  bool Simulated(ForecastPurpose purpose) const { return OfSimulatedWorld(purpose, complete_); }
  // Merged, in the forecast's week. Stands until the next call.
  absl::StatusOr<absl::Span<const SeismicEvent>> EventsOf(const Forecast& forecast) {
    const Interval week = {forecast.valid_from, forecast.valid_to};
    const bool simulated = Simulated(forecast.purpose);
    if (week != week_ || simulated != simulated_) {
      // With those around it, since an event just outside may be what one just inside is merged with.
      EventQuery query;
      query.origin_time = {week.begin - kMergeReach, week.end + kMergeReach};
      ASSIGN_OR_RETURN(std::vector<SeismicEvent> events, events_.List(query));
      of_week_ = CatalogueFor(simulated, std::move(events), precedence_);
      std::erase_if(of_week_, [&](const SeismicEvent& event) { return !week.Contains(event.origin_time); });
      week_ = week;
      simulated_ = simulated;
    }
    return absl::Span<const SeismicEvent>(of_week_);
  }

 private:
  EventStore& events_;
  const std::vector<Completeness>& complete_;
  const std::vector<std::string>& precedence_;
  Interval week_ = {absl::InfinitePast(), absl::InfinitePast()};
  bool simulated_ = false;
  std::vector<SeismicEvent> of_week_;
};

absl::StatusOr<std::vector<Forecast>> VerifyJob::ReadScored(const Interval& valid_from) {
  std::vector<Forecast> scored;
  if (valid_from.empty()) return scored;
  ForecastQuery query;
  query.purposes = {ForecastPurpose::kOperational, ForecastPurpose::kTest};
  query.issues = {IssueKind::kWeekly, IssueKind::kDaily};
  query.valid_from = valid_from;
  query.latest_revision_only = false;
  query.limit = kPage;
  while (true) {
    ASSIGN_OR_RETURN(std::vector<Forecast> page, forecasts_.List(query));
    for (Forecast& forecast : page) {
      query.after_sequence = forecast.sequence;
      if (forecast.scored) scored.push_back(std::move(forecast));
    }
    if (static_cast<int>(page.size()) < kPage) return scored;
  }
}

// Scored forecasts whose week is settled and which were not looked at under these statements.
absl::StatusOr<std::vector<Forecast>> VerifyJob::Due(const std::vector<Completeness>& complete) {
  absl::Time latest = absl::InfinitePast();
  for (const Completeness& one : complete) latest = std::max(latest, one.period.end);
  ASSIGN_OR_RETURN(std::vector<Forecast> due, ReadScored({verified_before_, latest - options_.settling_time}));
  std::erase_if(due, [&](const Forecast& forecast) {
    const Interval needed = {forecast.valid_from, forecast.valid_to + options_.settling_time};
    return !IsInside(needed, CompletePeriods(complete, OfSimulatedWorld(forecast.purpose, complete), forecast.region));
  });
  return due;
}

absl::StatusOr<VerifyJob::Verified> VerifyJob::ReadVerified() {
  ASSIGN_OR_RETURN(std::vector<Verification> revisions, forecasts_.ListVerificationRevisions());
  Verified verified;
  for (Verification& v : revisions) {
    Key key = {v.region, v.forecast_id};
    verified.insert_or_assign(std::move(key), std::move(v));
  }
  return verified;
}

absl::Status VerifyJob::Tick(absl::Time now, const StillRunning& may_continue) {
  ASSIGN_OR_RETURN(const CatalogueChanges changes, events_.ChangesAfter(compared_));
  ASSIGN_OR_RETURN(const auto complete, events_.ListCompleteness(false));
  const CoverageChange coverage = CompareCoverage(complete_, complete);
  // A statement may open weeks that began long ago; one that only extends opens those at its end.
  verified_before_ = std::min(verified_before_, coverage.first - options_.settling_time - kWeekLength);
  ASSIGN_OR_RETURN(const std::vector<Forecast> due, Due(complete));
  const bool again = !compared_.has_value() || !changes.origin_times.empty() || coverage.lost;
  if (!due.empty() || again) {
    ASSIGN_OR_RETURN(const Verified verified, ReadVerified());
    WeekCatalogue catalogue(events_, complete, options_.catalogue_precedence);
    for (const Forecast& forecast : due) {
      if (!may_continue()) return absl::CancelledError("stopped between two forecasts");
      const auto at = verified.find({forecast.region, forecast.id});
      const Verification* before = at == verified.end() ? nullptr : &at->second;
      if (before == nullptr || !before->counts()) RETURN_IF_ERROR(Judge(forecast, before, catalogue, now));
    }
    if (again) RETURN_IF_ERROR(LookAgain(verified, changes.origin_times, catalogue, now, may_continue));
  }
  complete_ = complete;
  compared_ = changes.sequence;
  // Weeks settled in both worlds need not be looked for again: nothing scored is ever issued for a
  // week that is over.
  absl::Time settled = LastCompletePeriod(complete, false).end;
  if (UsesSimulatedCatalogue(true, complete)) settled = std::min(settled, LastCompletePeriod(complete, true).end);
  if (settled > absl::InfinitePast()) {
    verified_before_ = std::max(verified_before_, std::min(settled, now) - options_.settling_time - kWeekLength);
  }
  return absl::OkStatus();
}

absl::Status VerifyJob::LookAgain(const Verified& verified, const std::vector<absl::Time>& changed,
                                  WeekCatalogue& catalogue, absl::Time now, const StillRunning& may_continue) {
  std::map<absl::Time, std::vector<const Verification*>> weeks;
  for (const auto& [key, v] : verified) {
    if (v.counts()) weeks[v.valid_from].push_back(&v);  // one that does not is due when it can be
  }
  std::map<std::pair<RegionId, bool>, std::vector<Interval>> periods;
  for (const auto& [valid_from, of_week] : weeks) {
    if (!may_continue()) return absl::CancelledError("stopped between two weeks");
    const Interval week = {valid_from, valid_from + kWeekLength};
    const auto first = std::lower_bound(changed.begin(), changed.end(), week.begin - kMergeReach);
    const bool touched = !compared_.has_value() || (first != changed.end() && *first < week.end + kMergeReach);
    std::map<Key, const Verification*> compare;
    for (const Verification* v : of_week) {
      const bool simulated = catalogue.Simulated(v->purpose);
      auto [covered, missing] = periods.try_emplace({v->region, simulated});
      if (missing) covered->second = CompletePeriods(catalogue.complete(), simulated, v->region);
      if (!IsInside({week.begin, week.end + options_.settling_time}, covered->second)) {
        Verification without = *v;
        without.revision = v->revision + 1;
        without.reason = VerificationReason::kNoLongerComplete;
        without.replaced = v->observed();
        without.verified_at = now;
        RETURN_IF_ERROR(Append(without));
      } else if (touched) {
        compare[{v->region, v->forecast_id}] = v;
      }
    }
    if (compare.empty()) continue;
    ASSIGN_OR_RETURN(const std::vector<Forecast> forecasts,
                     ReadScored({valid_from, valid_from + absl::Microseconds(1)}));
    for (const Forecast& forecast : forecasts) {
      const auto at = compare.find({forecast.region, forecast.id});
      if (at != compare.end()) RETURN_IF_ERROR(Judge(forecast, at->second, catalogue, now));
    }
  }
  return absl::OkStatus();
}

absl::Status VerifyJob::Judge(const Forecast& forecast, const Verification* before, WeekCatalogue& catalogue,
                              absl::Time now) {
  ASSIGN_OR_RETURN(const auto events, catalogue.EventsOf(forecast));
  Verification verification = VerifyForecast(forecast, events, now);
  if (before != nullptr) {
    if (before->counts() && SameOutcome(verification, *before)) return absl::OkStatus();
    verification.revision = before->revision + 1;
    verification.reason = before->counts() ? VerificationReason::kCatalogueChanged : VerificationReason::kCompleteAgain;
    verification.replaced = before->observed();
  }
  return Append(verification);
}

absl::Status VerifyJob::Append(const Verification& v) {
  RETURN_IF_ERROR(forecasts_.AppendVerification(v));
  const std::string what = absl::StrCat(v.forecast_id, " of region ", v.region.value());
  std::string line;
  if (!v.counts()) {
    line = absl::StrCat(what, " does not count as verified: no statement holds its week complete any more");
  } else {
    line = absl::StrCat(v.replaced.has_value() ? "verified again " : "verified ", what, ": ", Outcome(v.observed()),
                        v.replaced.has_value() ? absl::StrCat(" (before: ", Outcome(*v.replaced), ")") : "",
                        ", information gain ", v.information_gain, " nats");
  }
  log_.Info(line, {{"event", "verify"}, {"region", v.region.value()}, {"forecast", v.forecast_id}});
  return absl::OkStatus();
}

}  // namespace tremorcast
