#include "core/catalogue/completeness.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

namespace tremorcast {
namespace {

constexpr absl::Duration kLongestGap = absl::Hours(24 * 365);
constexpr int kUsualGaps = 30;
constexpr size_t kEventsNeeded = 50;
constexpr double kTolerance = 1e-6;

bool Inside(const GeoPoint& point, const std::vector<Region>& regions) {
  return std::any_of(regions.begin(), regions.end(),
                     [&](const Region& region) { return RegionContains(region, point); });
}

// The run of sorted times to go by: the last of those with enough events, or the one with most.
Interval MainRun(absl::Span<const absl::Time> times) {
  std::vector<absl::Duration> gaps;
  for (size_t i = 1; i < times.size(); ++i) gaps.push_back(times[i] - times[i - 1]);
  absl::Duration longest = kLongestGap;
  if (!gaps.empty()) {
    std::vector<absl::Duration> sorted = gaps;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    longest = std::max(longest, kUsualGaps * *middle);
  }
  size_t best = 0, best_size = 0;
  for (size_t begin = 0, i = 1; i <= times.size(); ++i) {
    if (i < times.size() && gaps[i - 1] <= longest) continue;
    const size_t size = i - begin;
    if (size > best_size || size >= kEventsNeeded) best = begin, best_size = size;
    begin = i;
  }
  return {times[best], times[best + best_size - 1]};
}

std::vector<absl::Time> TimesInside(absl::Span<const SeismicEvent> events, const std::vector<Region>& regions) {
  std::vector<absl::Time> times;
  for (const SeismicEvent& event : events) {
    if (!event.deleted && Inside(event.epicenter, regions)) times.push_back(event.origin_time);
  }
  std::sort(times.begin(), times.end());
  return times;
}

// By maximum curvature, in tenths.
double EstimateMagnitude(const std::vector<double>& magnitudes) {
  std::map<long, int> bins;
  for (const double magnitude : magnitudes) ++bins[std::lround(magnitude * 10)];
  auto mode = bins.begin();
  for (auto it = bins.begin(); it != bins.end(); ++it) {
    if (it->second >= mode->second) mode = it;
  }
  // A list that begins at its most frequent magnitude was cut there; else the method is known to
  // stay below by about .2.
  return static_cast<double>(mode->first + (mode == bins.begin() ? 0 : 2)) / 10;
}

bool TouchOrOverlap(const Interval& a, const Interval& b) { return a.begin <= b.end && b.begin <= a.end; }

}  // namespace

absl::Status ValidateCompleteness(const Completeness& statement) {
  if (statement.source.empty()) return absl::InvalidArgumentError("a catalogue is named by its source");
  if (statement.period.end == absl::InfiniteFuture() || statement.period.empty())
    return absl::InvalidArgumentError("the period of completeness must begin before it ends");
  if (!(statement.magnitude >= -10 && statement.magnitude <= 11))
    return absl::InvalidArgumentError(absl::StrCat("magnitude ", statement.magnitude, " is not in [-10, 11]"));
  return absl::OkStatus();
}

CompletenessChange PlanStatement(Completeness statement, bool extend, absl::Span<const Completeness> standing) {
  CompletenessChange change;
  const bool since_before = statement.period.begin == absl::InfinitePast();
  absl::Time begin = absl::InfiniteFuture();
  for (const Completeness& old : standing) {
    if (old.revoked_at || old.source != statement.source || old.region != statement.region) continue;
    begin = std::min(begin, old.period.begin);
    if (!extend && (since_before || TouchOrOverlap(old.period, statement.period))) change.replaced.push_back(old.id);
  }
  // An end before all that was said leaves no begin to take.
  if (since_before && begin < statement.period.end) statement.period.begin = begin;
  for (const Completeness& old : standing) {
    if (old.revoked_at || old.source != statement.source || old.region != statement.region) continue;
    const bool covers =
        IsInside(statement.period, absl::MakeConstSpan(&old.period, 1)) && old.magnitude <= statement.magnitude;
    const bool same = old.period == statement.period && old.magnitude == statement.magnitude &&
                      old.basis == statement.basis && change.replaced.size() == 1;
    if (extend ? covers : same) change.standing = old;
  }
  change.added = std::move(statement);
  return change;
}

std::vector<Interval> CompletePeriods(absl::Span<const Completeness> statements, bool simulated,
                                      const std::optional<RegionId>& region) {
  std::vector<Interval> periods;
  for (const Completeness& one : statements) {
    if (one.revoked_at || (one.source == kSimulatedSource) != simulated) continue;
    if (one.region.has_value() && one.region != region) continue;
    if (one.magnitude <= kJudgedMagnitude + kTolerance && !one.period.empty()) periods.push_back(one.period);
  }
  std::sort(periods.begin(), periods.end(), [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
  std::vector<Interval> merged;
  for (const Interval& period : periods) {
    if (!merged.empty() && period.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, period.end);
    } else {
      merged.push_back(period);
    }
  }
  return merged;
}

Interval LastCompletePeriod(absl::Span<const Completeness> statements, bool simulated) {
  const std::vector<Interval> periods = CompletePeriods(statements, simulated, std::nullopt);
  return periods.empty() ? Interval{absl::InfinitePast(), absl::InfinitePast()} : periods.back();
}

bool IsInside(const Interval& interval, absl::Span<const Interval> periods) {
  return std::any_of(periods.begin(), periods.end(), [&](const Interval& period) {
    return period.begin <= interval.begin && interval.end <= period.end;
  });
}

std::map<std::string, absl::Time> CompleteUntilBySource(absl::Span<const Completeness> statements) {
  std::map<std::string, absl::Time> until;
  for (const Completeness& one : statements) {
    if (one.revoked_at || one.region || one.magnitude > kJudgedMagnitude + kTolerance) continue;
    absl::Time& latest = until.emplace(one.source, absl::InfinitePast()).first->second;
    latest = std::max(latest, one.period.end);
  }
  return until;
}

absl::Time StartOfCatalogue(absl::Span<const SeismicEvent> events, const std::vector<Region>& regions) {
  std::vector<absl::Time> times = TimesInside(events, regions);
  if (times.empty()) {  // a quiet network; the list itself begins somewhere
    for (const SeismicEvent& event : events) times.push_back(event.origin_time);
    std::sort(times.begin(), times.end());
  }
  return times.empty() ? absl::InfiniteFuture() : MainRun(times).begin;
}

Interval StopAtLost(Interval period, absl::Span<const LostEvent> lost, const std::vector<Region>& regions) {
  for (const LostEvent& event : lost) {
    if (event.magnitude.has_value() && *event.magnitude < kJudgedMagnitude - kTolerance) continue;
    if (event.epicenter.has_value() && !regions.empty() && !Inside(*event.epicenter, regions)) continue;
    if (event.not_after.has_value() && *event.not_after < period.begin) continue;
    const absl::Time earliest = std::max(period.begin, event.not_before.value_or(absl::InfinitePast()));
    period.end = std::min(period.end, earliest);
  }
  return period;
}

CompletenessGuess InferCompleteness(absl::string_view source, absl::Span<const SeismicEvent> events,
                                    absl::Span<const LostEvent> lost, const std::vector<Region>& regions) {
  const auto nothing = [&](absl::string_view why) {
    return CompletenessGuess{std::nullopt, absl::StrCat(source, " is not taken as complete: ", why)};
  };
  if (regions.empty()) return nothing("no region is registered, so nobody knows which of its events count");
  const std::vector<absl::Time> times = TimesInside(events, regions);
  if (times.size() < kEventsNeeded) {
    return nothing(absl::StrCat(times.size(), " of its events lie in the network's regions, and ", kEventsNeeded,
                                " are needed to estimate how small it goes"));
  }
  const Interval run = MainRun(times);
  std::vector<double> magnitudes;
  for (const SeismicEvent& event : events) {
    if (event.deleted || event.origin_time < run.begin || event.origin_time > run.end) continue;
    if (Inside(event.epicenter, regions)) magnitudes.push_back(event.magnitude);
  }
  const double magnitude = EstimateMagnitude(magnitudes);
  if (magnitude > kJudgedMagnitude + kTolerance) {
    return nothing(
        absl::StrFormat("in the network's regions it lists every event of M %.1f and larger only (maximum "
                        "curvature of %d events), and weeks are judged from M %.1f on",
                        magnitude, magnitudes.size(), kJudgedMagnitude));
  }
  Completeness statement;
  statement.source = std::string(source);
  statement.basis = CompletenessBasis::kInferred;
  statement.magnitude = magnitude;
  statement.period = StopAtLost(run, lost, regions);
  if (statement.period.empty())
    return nothing("a line that could not be read may have been an event at the very begin of the period");
  statement.note = absl::StrFormat("%d events in the network's regions, maximum curvature", magnitudes.size());
  return {statement, statement.period == run ? "" : "it ends at the first event that could not be read"};
}

}  // namespace tremorcast
