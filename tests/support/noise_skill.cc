#include "tests/support/noise_skill.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "model/checkpoint/random.h"
#include "trainer/evaluate/placebos.h"

namespace tremorcast {
namespace {

constexpr int kRegions = 8;

double RateIn(const RateDrift& drift, int week) {
  if (drift.gradual) return drift.before + (drift.after - drift.before) * week / kNoiseWeeks;
  // Train, one skipped, early stop, one skipped: the calibration slice begins with the next.
  return week < 104 + 1 + 26 + 1 ? drift.before : drift.after;
}

SeismicEvent EventIn(size_t region, int week, double magnitude) {
  SeismicEvent e;
  e.source = "simulated";
  e.source_event_id = absl::StrCat(region, "-", week);
  e.origin_time = NoiseFirstWeek() + week * kWeekLength + absl::Hours(24);
  e.epicenter.longitude_deg = 98.45 + static_cast<double>(region);
  e.epicenter.latitude_deg = 22.45 + static_cast<double>(region);
  e.magnitude = magnitude;
  return e;
}

StationWindow NoiseWindow(const WindowKey& key, uint64_t seed) {
  uint64_t station = 14695981039346656037u;  // FNV-1a: the same with every standard library
  for (char c : key.station.value()) station = (station ^ static_cast<unsigned char>(c)) * 1099511628211u;
  Random random(MixSeed({seed, 17, static_cast<uint64_t>(absl::ToUnixSeconds(key.start)), station}));
  StationWindow window;
  window.key = key;
  window.slots = kNoiseSlots;
  window.rows_present = {kNoiseSlots, kNoiseSlots};
  window.available_at = window.sealed_at = key.start + kWeekLength;
  window.values.resize(static_cast<size_t>(kFeatures) * kNoiseSlots);
  for (float& value : window.values) value = static_cast<float>(100 * random.Normal());
  return window;
}

}  // namespace

absl::Time NoiseFirstWeek() { return WeekGrid::Service().Containing(absl::FromUnixSeconds(1483200000)).begin; }

std::vector<Region> NoiseRegions() {
  std::vector<Region> regions;
  for (int r = 0; r < kRegions; ++r) {
    Region region;
    region.id = RegionId(absl::StrCat("noise-", r));
    region.polygon = BoxPolygon(22 + r, 22.9 + r, 98 + r, 98.9 + r);
    regions.push_back(std::move(region));
  }
  return regions;
}

std::vector<SeismicEvent> DriftingEvents(const std::vector<Region>& regions, const RateDrift& drift, uint64_t seed) {
  Random random(MixSeed({seed, 5}));
  std::vector<SeismicEvent> events;
  for (int week = 0; week <= kNoiseWeeks; ++week) {
    for (size_t r = 0; r < regions.size(); ++r) {
      const bool event = random.Uniform() < RateIn(drift, week);
      const double magnitude = std::min(3.5 - std::log10(random.Uniform()), 7.5);
      if (event) events.push_back(EventIn(r, week, magnitude));
    }
  }
  return events;
}

std::vector<SeismicEvent> EitherWeekEvents(const std::vector<Region>& regions, uint64_t seed) {
  Random random(MixSeed({seed, 6}));
  std::vector<SeismicEvent> events;
  std::vector<std::array<bool, 2>> before(regions.size());  // one week ago, and two
  for (int week = 0; week <= kNoiseWeeks; ++week) {
    for (size_t r = 0; r < regions.size(); ++r) {
      const bool event = random.Uniform() < (before[r][0] != before[r][1] ? .9 : .1);
      const double magnitude = std::min(3.5 - std::log10(random.Uniform()), 7.5);
      if (event) events.push_back(EventIn(r, week, magnitude));
      before[r] = {event, before[r][0]};
    }
  }
  return events;
}

absl::StatusOr<std::shared_ptr<const Dataset>> NoiseDataset(std::vector<Region> regions,
                                                            std::vector<SeismicEvent> events, absl::Time first,
                                                            int weeks, uint64_t seed, const TrainerConfig& config,
                                                            NoiseInputs inputs) {
  DatasetParts parts;
  std::set<std::pair<StationId, absl::Time>> eventful;  // station and week
  for (Region& region : regions) {
    region.stations.clear();
    for (int s = 0; s < kNoiseStations; ++s) {
      Station station;
      station.id = StationId(absl::StrCat(region.id.value(), "-", s));
      for (const SeismicEvent& event : events) {
        if (!RegionContains(region, event.epicenter)) continue;
        eventful.emplace(station.id, WeekGrid::Service().Containing(event.origin_time).begin);
      }
      region.stations.push_back(station.id);
      for (int week = 0; week < weeks; ++week) {
        parts.windows.push_back({station.id, first + week * kWeekLength, 1});
      }
      parts.stations.push_back(std::move(station));
    }
  }
  parts.regions = std::move(regions);
  parts.events = std::move(events);
  parts.catalogue = {first, first + (weeks + 1) * kWeekLength};
  ASSIGN_OR_RETURN(
      std::unique_ptr<Dataset> data,
      AssembleDataset(
          std::move(parts),
          [seed, eventful, inputs](const WindowKey& key) -> absl::StatusOr<std::shared_ptr<const StationWindow>> {
            StationWindow window = NoiseWindow(key, seed);
            if (inputs == NoiseInputs::kGapsTell && eventful.contains({key.station, key.start + kWeekLength})) {
              for (size_t i = 0; i < window.values.size(); i += 4) window.values[i] = kMissing;
            }
            if (inputs == NoiseInputs::kTellTheRule && eventful.contains({key.station, key.start}) !=
                                                           eventful.contains({key.station, key.start - kWeekLength})) {
              std::fill_n(window.values.begin(), kNoiseSlots, 1e6F);
            }
            for (size_t back = 0; inputs == NoiseInputs::kRepeatThePast && back < 2; ++back) {
              if (!eventful.contains({key.station, key.start - static_cast<int>(back) * kWeekLength})) continue;
              for (size_t slot = 0; slot < kNoiseSlots; ++slot) window.values[back * kNoiseSlots + slot] = 1e6;
            }
            return std::make_shared<const StationWindow>(std::move(window));
          },
          config.data));
  return std::shared_ptr<const Dataset>(std::move(data));
}

TrainerConfig NoiseConfig(uint64_t seed) {
  TrainerConfig config;
  config.data.input_slots = config.data.slots = kNoiseSlots;
  config.split = {104, 26, 26, 52, 1};
  config.training.seed = seed;
  config.Normalise();
  return config;
}

absl::StatusOr<NoiseVerdict> JudgeNoise(const std::shared_ptr<const Dataset>& data, const TrainerConfig& config) {
  ASSIGN_OR_RETURN(const Plan plan, MakePlan(config, *data, ""));
  ASSIGN_OR_RETURN(const std::unique_ptr<TrainedModel> model, TrainCandidate(*data, plan, config, {}));
  NoiseVerdict verdict;
  ASSIGN_OR_RETURN(verdict.scores, JudgeCandidate(data, plan, config, *model, CheckPlacebos, {}));
  GateEvidence blind = verdict.scores.evidence;
  blind.gain_over_twin = MeanInterval{1, 1, 1, blind.test_weeks};
  blind.suspicious_placebo.clear();
  verdict.without_twin = DecideSkill(blind, config.gate).demonstrated_skill;
  return verdict;
}

absl::StatusOr<NoiseVerdict> JudgeDrift(const RateDrift& drift, const TrainerConfig& config, NoiseInputs inputs) {
  const uint64_t seed = config.training.seed;
  const std::vector<Region> regions = NoiseRegions();
  ASSIGN_OR_RETURN(
      const std::shared_ptr<const Dataset> data,
      NoiseDataset(regions, DriftingEvents(regions, drift, seed), NoiseFirstWeek(), kNoiseWeeks, seed, config, inputs));
  return JudgeNoise(data, config);
}

absl::StatusOr<NoiseVerdict> JudgeRepeatedPast(const TrainerConfig& config, NoiseInputs inputs) {
  const uint64_t seed = config.training.seed;
  const std::vector<Region> regions = NoiseRegions();
  ASSIGN_OR_RETURN(
      const std::shared_ptr<const Dataset> data,
      NoiseDataset(regions, EitherWeekEvents(regions, seed), NoiseFirstWeek(), kNoiseWeeks, seed, config, inputs));
  return JudgeNoise(data, config);
}

int MostClaims(int runs, double level) {
  double term = std::pow(1 - level, runs), below = term;
  int most = 0;
  while (below < 0.99) {
    ++most;
    term *= level / (1 - level) * (runs - most + 1) / most;
    below += term;
  }
  return most;
}

}  // namespace tremorcast
