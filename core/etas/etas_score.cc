#include "core/etas/etas_score.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <absl/status/status.h>

#include "core/base/status_macros.h"
#include "core/etas/tapered_omori.h"

namespace tremorcast {
namespace {

struct Sums {
  double log_place = 0;  // ln of the intensity at the place of an event
  double log_time = 0;   // ln of that of the region as a whole
};

EtasScore Finish(EtasScore score, const Sums& sums) {
  score.temporal = (sums.log_time - score.expected) / score.events;
  score.spatial = (sums.log_place - sums.log_time) / score.events;
  score.total = score.temporal + score.spatial;
  return score;
}

absl::Status CheckPeriod(const EtasEvents& events, const Interval& period) {
  if (period.empty()) return absl::InvalidArgumentError("ETAS score: the period is empty");
  for (size_t i = events.Before(events.DayOf(period.begin)); i < events.Before(events.DayOf(period.end)); ++i) {
    if (events.events[i].inside) return absl::OkStatus();
  }
  return absl::FailedPreconditionError("ETAS score: no event of the region in the period");
}

}  // namespace

absl::StatusOr<EtasScore> ScoreEtas(const EtasModel& model, const EtasEvents& events, const Interval& period) {
  RETURN_IF_ERROR(ValidateEtasModel(model));
  RETURN_IF_ERROR(CheckPeriod(events, period));
  const double begin = events.DayOf(period.begin), end = events.DayOf(period.end);
  const TaperedOmori decay(model.parameters.c(), model.parameters.omega(), model.parameters.tau());
  const double background = model.BackgroundPerDay();
  const BackgroundDensity shape(model.background, model.region);
  const double least_km2 = model.location_km * model.location_km;
  const size_t last = events.Before(end);
  std::vector<EtasSource> sources;
  std::vector<double> spent;  // of the decay in time, before the period
  sources.reserve(last);
  spent.reserve(last);
  for (size_t i = 0; i < last; ++i) {
    const EtasEvents::Event& event = events.events[i];
    sources.push_back(SourceOf(model, event.place, event.magnitude));
    spent.push_back(event.day < begin ? decay.Integral(begin - event.day) : 0);
  }
  // Expected events of the region from the begin of the period to `day`.
  const auto expected_until = [&](double day, size_t before) {
    double sum = background * (day - begin);
    for (size_t i = 0; i < before; ++i) {
      sum += sources[i].children * (decay.Integral(day - events.events[i].day) - spent[i]);
    }
    return sum;
  };

  EtasScore score;
  Sums sums;
  double before = 0;
  for (size_t j = events.Before(begin); j < last; ++j) {
    const EtasEvents::Event& event = events.events[j];
    if (!event.inside) continue;
    double at_place = model.parameters.mu() * shape.At(event.at);
    double at_time = background;
    for (size_t i = 0; i < j && events.events[i].day < event.day; ++i) {
      const EtasSource& source = sources[i];
      const double density = decay.Density(event.day - events.events[i].day);
      at_time += source.children * density;
      const double squared = std::max(SquaredDistanceKm2(events.events[i].at, event.at), least_km2);
      at_place += density * std::exp(source.log_productivity -
                                     (1 + model.parameters.rho()) * std::log(squared + source.zone_km2));
    }
    const double until = expected_until(event.day, j);
    score.waits.push_back(until - before);
    before = until;
    sums.log_place += std::log(at_place);
    sums.log_time += std::log(at_time);
    ++score.events;
  }
  score.expected = expected_until(end, last);
  return Finish(std::move(score), sums);
}

absl::StatusOr<EtasScore> ScorePoisson(const EtasRegion& region, const EtasEvents& events, const Interval& learned,
                                       const Interval& period) {
  RETURN_IF_ERROR(CheckPeriod(events, learned));
  RETURN_IF_ERROR(CheckPeriod(events, period));
  int known = 0;
  for (size_t i = events.Before(events.DayOf(learned.begin)); i < events.Before(events.DayOf(learned.end)); ++i) {
    known += events.events[i].inside ? 1 : 0;
  }
  const double rate = known / (events.DayOf(learned.end) - events.DayOf(learned.begin));
  EtasScore score;
  double before = events.DayOf(period.begin);
  for (size_t i = events.Before(before); i < events.Before(events.DayOf(period.end)); ++i) {
    if (!events.events[i].inside) continue;
    score.waits.push_back(rate * (events.events[i].day - before));
    before = events.events[i].day;
    ++score.events;
  }
  score.expected = rate * (events.DayOf(period.end) - events.DayOf(period.begin));
  const double n = score.events;
  return Finish(std::move(score), {n * std::log(rate / region.area_km2), n * std::log(rate)});
}

absl::StatusOr<UniformityTest> TestWaits(const EtasScore& score) {
  std::vector<double> shares;
  shares.reserve(score.waits.size());
  for (const double wait : score.waits) shares.push_back(-std::expm1(-wait));
  return TestUniformity(shares);
}

}  // namespace tremorcast
