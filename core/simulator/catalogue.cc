// The simulated catalogue. Weeks with an event of M >= 3.5 form a two-state Markov chain whose
// stationary share is event_rate (without clustering: independent weeks), so the rate per
// region-week is exact by construction and the labels stay simple to reason about. Numbers within
// an event week follow a zero-truncated Poisson law with the matching mean, so the expected number
// is the one of a plain Poisson process.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <absl/strings/str_format.h>

#include "core/base/random.h"
#include "core/simulator/simulator.h"
#include "core/simulator/streams.h"

namespace tremorcast {
namespace {

constexpr double kEventMagnitude = 3.5;

struct Box {
  double south, north, west, east;
};

Box BoxOf(const Region& region) {
  Box box{90, -90, 180, -180};
  for (const GeoPoint& p : region.polygon) {
    box = {std::min(box.south, p.latitude_deg), std::max(box.north, p.latitude_deg),
           std::min(box.west, p.longitude_deg), std::max(box.east, p.longitude_deg)};
  }
  return box;
}

// Strictly inside, to 1/1000 degree like catalogues print.
GeoPoint Inside(const Box& box, double latitude, double longitude) {
  const double margin = .01;
  const auto rounded = [](double x) { return std::round(x * 1000) / 1000; };
  return {rounded(std::clamp(latitude, box.south + margin, box.north - margin)),
          rounded(std::clamp(longitude, box.west + margin, box.east - margin))};
}

// Gutenberg-Richter between two magnitudes, listed in steps of 0.1 (rounded down, so that no event
// crosses a class edge upwards).
double DrawMagnitude(RandomStream& random, double b, double low, double high) {
  const double beta = b * std::log(10.0);
  const double u = random.Uniform() * -std::expm1(-beta * (high - low));
  return std::floor((low - std::log1p(-u) / beta) * 10 + 1e-9) / 10;
}

int ZeroTruncatedPoisson(RandomStream& random, double mean) {
  for (;;) {  // ends: P(0) < 1 for every mean > 0
    if (const int n = random.Poisson(mean); n > 0) return n;
  }
}

class RegionCatalogue {
 public:
  RegionCatalogue(const SimulatorConfig& config, const Region& region, int index)
      : config_(config),
        region_(region),
        box_(BoxOf(region)),
        random_({config.seed, static_cast<uint64_t>(Purpose::kCatalogue), static_cast<uint64_t>(index)}) {
    for (GeoPoint& fault : faults_) {
      fault = {random_.Uniform(box_.south, box_.north), random_.Uniform(box_.west, box_.east)};
    }
    mean_events_ = -std::log1p(-config.event_rate);
    mean_small_ = mean_events_ * (std::pow(10, config.b_value * (kEventMagnitude - config.min_magnitude)) - 1);
  }

  // Weeks must be asked for in order. Returns whether the week holds an event of M >= 3.5.
  bool AddWeek(int week, const Interval& period, std::vector<SeismicEvent>& events) {
    const bool event_week = random_.Uniform() < EventProbability();
    previous_ = event_week;
    first_ = false;
    number_ = 0;
    double main_second = random_.Uniform(0, absl::ToDoubleSeconds(period.length()));
    GeoPoint place = Place();
    if (event_week) {
      const int n = ZeroTruncatedPoisson(random_, mean_events_);
      for (int i = 0; i < n; ++i) {
        if (i > 0) std::tie(main_second, place) = Next(main_second, place, period);
        Add(week, period, main_second, place,
            DrawMagnitude(random_, config_.b_value, kEventMagnitude, config_.max_magnitude), events);
      }
    }
    const int small = random_.Poisson(mean_small_ * SmallFactor(event_week));
    for (int i = 0; i < small; ++i) {
      const double magnitude = DrawMagnitude(random_, config_.b_value, config_.min_magnitude, kEventMagnitude);
      if (event_week) {
        const auto [second, where] = Next(main_second, place, period);
        Add(week, period, second, where, magnitude, events);
      } else {
        Add(week, period, random_.Uniform(0, absl::ToDoubleSeconds(period.length())), Place(), magnitude, events);
      }
    }
    return event_week;
  }

 private:
  double EventProbability() const {
    const double p = config_.event_rate;
    if (!config_.clustered || first_ || p <= 0) return p;
    const double after_event = std::max(p, config_.cluster_persistence);
    return previous_ ? after_event : p * (1 - after_event) / (1 - p);
  }

  // More small events in event weeks, the same number on average.
  double SmallFactor(bool event_week) const {
    if (!config_.clustered || config_.event_rate <= 0) return 1;
    constexpr double kQuiet = .6;
    return event_week ? (1 - kQuiet * (1 - config_.event_rate)) / config_.event_rate : kQuiet;
  }

  GeoPoint Place() {
    if (!config_.clustered)
      return Inside(box_, random_.Uniform(box_.south, box_.north), random_.Uniform(box_.west, box_.east));
    const GeoPoint& fault = faults_[random_.Bits() % 3];
    return Inside(box_, fault.latitude_deg + .3 * random_.Normal(), fault.longitude_deg + .3 * random_.Normal());
  }

  // The next event of a week: anywhere, or (clustered) after and near the main one, 1/t between a
  // minute and the week's end.
  std::pair<double, GeoPoint> Next(double main_second, const GeoPoint& main_place, const Interval& period) {
    const double length = absl::ToDoubleSeconds(period.length());
    if (!config_.clustered) return {random_.Uniform(0, length), Place()};
    const double left = std::max(61.0, length - main_second);
    const double after = 60 * std::pow(left / 60, random_.Uniform());
    return {std::min(main_second + after, length - 1), Inside(box_, main_place.latitude_deg + .05 * random_.Normal(),
                                                              main_place.longitude_deg + .05 * random_.Normal())};
  }

  void Add(int week, const Interval& period, double second, const GeoPoint& place, double magnitude,
           std::vector<SeismicEvent>& events) {
    SeismicEvent event;
    event.source = kSimulatedSource;
    event.source_event_id = absl::StrFormat("%s-w%04d-%03d", region_.id.value(), week, number_++);
    event.origin_time = period.begin + absl::Seconds(static_cast<int64_t>(second));
    event.epicenter = place;
    event.depth_km = std::round(10 * std::exp(.5 * random_.Normal()));
    event.magnitude = magnitude;
    event.magnitude_type = "ML";
    event.place = region_.title;
    events.push_back(std::move(event));
  }

  const SimulatorConfig& config_;
  const Region& region_;
  const Box box_;
  RandomStream random_;
  GeoPoint faults_[3];
  double mean_events_ = 0;
  double mean_small_ = 0;
  bool previous_ = false;
  bool first_ = true;
  int number_ = 0;
};

}  // namespace

void Simulator::BuildCatalogue() {
  event_weeks_.assign(static_cast<size_t>(config_.regions), {});
  for (int r = 0; r < config_.regions; ++r) {
    RegionCatalogue catalogue(config_, regions_[static_cast<size_t>(r)], r);
    for (int week = 0; week <= config_.weeks; ++week) {
      event_weeks_[static_cast<size_t>(r)].push_back(catalogue.AddWeek(week, Week(week), events_) ? 1 : 0);
    }
  }
  std::sort(events_.begin(), events_.end(), [](const SeismicEvent& a, const SeismicEvent& b) {
    return std::tie(a.origin_time, a.source_event_id) < std::tie(b.origin_time, b.source_event_id);
  });
}

}  // namespace tremorcast
