#include "core/simulator/station_week.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/random.h"
#include "core/catalogue/event.h"
#include "core/simulator/feature_ranges.h"
#include "core/simulator/streams.h"

namespace tremorcast {
namespace {

constexpr double kTwoPi = 6.28318530717958647692;

uint64_t Name(int64_t number) { return static_cast<uint64_t>(number); }
uint64_t Name(Purpose purpose) { return static_cast<uint64_t>(purpose); }
uint64_t Name(Signal signal) { return static_cast<uint64_t>(signal); }

// The curves all features of one signal follow, on the slots of the week.
struct SharedCurves {
  std::vector<float> day_sin, day_cos;                   // civil day, UTC+8
  std::vector<float> storm;                              // strength felt at the station
  std::array<std::vector<float>, kSignalCount> weather;  // AR(1), unit variance; starts anew each week
  std::array<std::vector<float>, kSignalCount> spike;    // mostly 0
};

class StationWeekSimulation {
 public:
  explicit StationWeekSimulation(const StationWeekRequest& request)
      : request_(request),
        slots_(request.config.slots_per_week),
        slot_seconds_(absl::ToDoubleSeconds(request.period.length()) / slots_) {}

  StationWeekSamples Run() {
    samples_.values.resize(static_cast<size_t>(kFeatures) * static_cast<size_t>(slots_));
    FillCurves();
    for (int channel = 0; channel < kFeatures; ++channel) FillChannel(channel);
    for (Signal signal : {Signal::kMagn, Signal::kSound}) {
      BreakSensor(signal);
      TakeRowsAway(signal);
    }
    return std::move(samples_);
  }

 private:
  uint64_t seed() const { return request_.config.seed; }
  absl::Span<float> Channel(int channel) {
    return absl::MakeSpan(samples_.values)
        .subspan(static_cast<size_t>(channel) * static_cast<size_t>(slots_), static_cast<size_t>(slots_));
  }

  void FillCurves() {
    const size_t n = static_cast<size_t>(slots_);
    curves_.day_sin.resize(n);
    curves_.day_cos.resize(n);
    for (size_t t = 0; t < n; ++t) {
      const double day = static_cast<double>(t) * slot_seconds_ / 86400;  // weeks start at civil midnight
      curves_.day_sin[t] = static_cast<float>(std::sin(kTwoPi * day));
      curves_.day_cos[t] = static_cast<float>(std::cos(kTwoPi * day));
    }
    curves_.storm.assign(n, 0);
    for (int week : {request_.week - 1, request_.week}) AddStorms(week);
    for (Signal signal : {Signal::kMagn, Signal::kSound}) FillWeather(signal);
  }

  // A storm of last week may still blow.
  void AddStorms(int week) {
    RandomStream random({seed(), Name(Purpose::kStorms), Name(week)});
    const double week_seconds = absl::ToDoubleSeconds(request_.period.length());
    const int storms = random.Poisson(request_.config.storm_rate);
    for (int i = 0; i < storms; ++i) {
      const double begin = random.Uniform(0, week_seconds) + (week - request_.week) * week_seconds;
      const double length = random.Uniform(3, 12) * 3600;
      const GeoPoint centre = {random.Uniform(22, 34), random.Uniform(98, 107)};
      const double radius_km = random.Uniform(150, 400);
      const double distance = DistanceKm(centre, request_.location) / radius_km;
      const double strength = random.Uniform(1, 3) * std::exp(-distance * distance);
      const int first = std::max(0, static_cast<int>(std::ceil(begin / slot_seconds_)));
      const int last = std::min(slots_, static_cast<int>(std::ceil((begin + length) / slot_seconds_)));
      for (int t = first; t < last; ++t) {
        const double phase = std::sin(kTwoPi / 2 * (t * slot_seconds_ - begin) / length);
        curves_.storm[static_cast<size_t>(t)] += static_cast<float>(strength * phase * phase);
      }
    }
  }

  void FillWeather(Signal signal) {
    const size_t n = static_cast<size_t>(slots_);
    RandomStream random({seed(), Name(Purpose::kSpikes), Name(request_.station), Name(request_.week), Name(signal)});
    std::vector<float>& weather = curves_.weather[static_cast<size_t>(signal)];
    std::vector<float>& spike = curves_.spike[static_cast<size_t>(signal)];
    weather.resize(n);
    spike.assign(n, 0);
    const double kept = std::exp(-slot_seconds_ / (6 * 3600));  // forgets in six hours
    double level = random.Normal();
    for (size_t t = 0; t < n; ++t) {
      weather[t] = static_cast<float>(level);
      level = kept * level + std::sqrt(1 - kept * kept) * RoughNormal(random.Bits());
      if (random.Uniform() < .003) spike[t] = static_cast<float>(3 + 3 * random.Exponential());
    }
  }

  void FillChannel(int channel) {
    const FeatureRange& range = RangeOf(channel);
    const Signal signal = channel < kMagnFeatures ? Signal::kMagn : Signal::kSound;
    RandomStream character({seed(), Name(Purpose::kStationCharacter), Name(request_.station), Name(channel)});
    const float centre = range.centre * static_cast<float>(std::exp(.15 * character.Normal()));
    const double day_amplitude = character.Uniform(.1, .5), day_phase = character.Uniform(0, kTwoPi);
    const double drift_days[2] = {character.Uniform(60, 200), character.Uniform(200, 500)};
    const double drift_phase[2] = {character.Uniform(0, kTwoPi), character.Uniform(0, kTwoPi)};
    const auto drift = [&](double day) {
      return .2 * std::sin(kTwoPi * day / drift_days[0] + drift_phase[0]) +
             .2 * std::sin(kTwoPi * day / drift_days[1] + drift_phase[1]);
    };
    const double first_day = 7.0 * request_.week;
    const float drift_begin = static_cast<float>(drift(first_day));
    const float drift_step = static_cast<float>((drift(first_day + 7) - drift(first_day)) / slots_);
    const float a = static_cast<float>(day_amplitude * std::cos(day_phase)),
                b = static_cast<float>(day_amplitude * std::sin(day_phase));
    const uint64_t key =
        StreamKey({seed(), Name(Purpose::kNoise), Name(request_.station), Name(request_.week), Name(channel)});
    const float* weather = curves_.weather[static_cast<size_t>(signal)].data();
    const float* spike = curves_.spike[static_cast<size_t>(signal)].data();
    absl::Span<float> u = Channel(channel);
    for (int t = 0; t < slots_; ++t) {
      const size_t i = static_cast<size_t>(t);
      const float noise = RoughNormal(MixBits(key + (i + 1) * kGoldenGamma));
      u[i] = noise * (.45F + .04F * noise * noise) + .3F * weather[i] + a * curves_.day_sin[i] +
             b * curves_.day_cos[i] + drift_begin + drift_step * static_cast<float>(t) +
             range.storm * (curves_.storm[i] + spike[i]);
    }
    for (const ShiftedChannels& precursor : request_.precursors) {
      if (precursor.shift == 0 || !std::binary_search(precursor.channels.begin(), precursor.channels.end(), channel)) {
        continue;
      }
      const float shift = static_cast<float>(precursor.shift);
      for (int t = FirstShiftedSlot(); t < slots_; ++t) u[static_cast<size_t>(t)] += shift;
    }
    ToFeatureUnits(range, centre, u);
  }

  int FirstShiftedSlot() const {
    const double length = absl::ToDoubleSeconds(request_.config.precursor_length);
    return std::max(0, slots_ - static_cast<int>(std::lround(length / slot_seconds_)));
  }

  static void ToFeatureUnits(const FeatureRange& range, float centre, absl::Span<float> u) {
    if (range.shape == FeatureShape::kLogNormal) {
      for (float& x : u) x = centre * std::exp(.5F * std::min(x, 20.0F));
      return;
    }
    const float floor = range.positive ? .01F * centre : -30.0F;
    for (float& x : u) {
      const float y = std::clamp(centre + range.scale * x, floor, 30.0F);
      x = std::copysign(std::expm1(std::abs(y)), y);
    }
  }

  // From some slot to the week's end the sensor reads zero (dead) or repeats its last row (stale).
  void BreakSensor(Signal signal) {
    RandomStream random({seed(), Name(Purpose::kFaults), Name(request_.station), Name(request_.week), Name(signal)});
    const bool absent = random.Uniform() < request_.config.outage_rate;
    const bool dead = random.Uniform() < request_.config.dead_rate;
    const bool stale = random.Uniform() < request_.config.stale_rate;
    const size_t from = static_cast<size_t>(random.Uniform(0, slots_));
    samples_.present[static_cast<size_t>(signal)].assign(static_cast<size_t>(slots_), absent ? 0 : 1);
    if (!dead && !stale) return;
    for (int c = FirstChannel(signal); c < FirstChannel(signal) + FeatureCount(signal); ++c) {
      absl::Span<float> x = Channel(c);
      std::fill(x.begin() + static_cast<std::ptrdiff_t>(from), x.end(), dead ? 0.0F : x[from]);
    }
  }

  void TakeRowsAway(Signal signal) {
    std::vector<char>& present = samples_.present[static_cast<size_t>(signal)];
    for (int week : {request_.week - 1, request_.week}) {  // a gap of last week may reach into this one
      RandomStream random({seed(), Name(Purpose::kGaps), Name(request_.station), Name(week), Name(signal)});
      const int gaps = random.Poisson(request_.config.gap_rate);
      for (int i = 0; i < gaps; ++i) {
        const double begin = random.Uniform(0, slots_) + (week - request_.week) * static_cast<double>(slots_);
        const double length = 3600 * std::pow(72, random.Uniform()) / slot_seconds_;  // one hour to three days
        const int first = std::max(0, static_cast<int>(begin)),
                  last = std::min(slots_, static_cast<int>(std::ceil(begin + length)));
        for (int t = first; t < last; ++t) present[static_cast<size_t>(t)] = 0;
      }
    }
    RandomStream random({seed(), Name(Purpose::kGaps), Name(request_.station), Name(request_.week), 2 + Name(signal)});
    for (char& row : present) {
      if (random.Uniform() < request_.config.missing_slot_rate) row = 0;
    }
  }

  const StationWeekRequest& request_;
  const int slots_;
  const double slot_seconds_;
  SharedCurves curves_;
  StationWeekSamples samples_;
};

}  // namespace

StationWeekSamples SimulateStationWeek(const StationWeekRequest& request) {
  return StationWeekSimulation(request).Run();
}

}  // namespace tremorcast
