#include "core/simulator/simulator.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

#include <absl/strings/str_format.h>

#include "core/base/random.h"
#include "core/base/status_macros.h"
#include "core/simulator/feature_ranges.h"
#include "core/simulator/station_week.h"
#include "core/simulator/streams.h"

namespace tremorcast {
namespace {

std::vector<int> ChannelsThatCarryUnits() {
  std::vector<int> channels;
  for (int c = 0; c < kFeatures; ++c) {
    if (CarriesRobustUnits(c)) channels.push_back(c);
  }
  return channels;
}

absl::Status CheckRange(absl::string_view name, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("simulator: %s is %g, must be in [%g, %g]", name, value, low, high));
}

}  // namespace

absl::Status SimulatorConfig::Validate() const {
  const absl::Status checks[] = {
      CheckRange("regions", regions, 1, 64),
      CheckRange("stations_per_region", stations_per_region, 1, 150),
      CheckRange("weeks", weeks, 1, kMostSimulatedWeeks),
      CheckRange("weeks_before", weeks_before, 0, kMostWeeksBefore),
      CheckRange("slots_per_week", slots_per_week, 7, kSlotsPerWeek),
      CheckRange("event_rate", event_rate, 0, .99),
      CheckRange("b_value", b_value, .3, 3),
      CheckRange("min_magnitude", min_magnitude, 0, 3.5),
      CheckRange("max_magnitude", max_magnitude, 4, 9.5),
      CheckRange("cluster_persistence", cluster_persistence, 0, .99),
      CheckRange("precursor_strength", precursor_strength, -20, 20),
      CheckRange("precursor_features", precursor_features, 0,
                 static_cast<double>(ChannelsThatCarryUnits().size()) / (passing_strength != 0 ? 2 : 1)),
      CheckRange("passing_strength", passing_strength, -20, 20),
      CheckRange("passing_from", passing_from, 0, 5200),
      CheckRange("passing_until", passing_until, passing_from, 5200),
      CheckRange("precursor_length (hours)", absl::ToDoubleHours(precursor_length), 0, 168),
      CheckRange("gap_rate", gap_rate, 0, 100),
      CheckRange("outage_rate", outage_rate, 0, 1),
      CheckRange("dead_rate", dead_rate, 0, 1),
      CheckRange("stale_rate", stale_rate, 0, 1),
      CheckRange("missing_slot_rate", missing_slot_rate, 0, 1),
      CheckRange("storm_rate", storm_rate, 0, 100),
  };
  for (const absl::Status& check : checks) {
    if (!check.ok()) return check;
  }
  if (etas.has_value()) RETURN_IF_ERROR(ValidateEtasParameters(*etas));
  if (!etas.has_value() && weeks_before > 0) {
    return absl::InvalidArgumentError("only a catalogue of ETAS has weeks before the first");
  }
  if (etas.has_value() && std::abs(min_magnitude * 10 - std::round(min_magnitude * 10)) > 1e-6) {
    return absl::InvalidArgumentError(
        absl::StrFormat("simulator: min_magnitude is %g, must be in tenths with etas", min_magnitude));
  }
  if (kSlotsPerWeek % slots_per_week != 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("simulator: slots_per_week is %d, must divide 1008", slots_per_week));
  }
  if (!WeekGrid::Service().IsStart(first_week)) {
    return absl::InvalidArgumentError("simulator: first_week is not a Sunday 00:00 UTC+8");
  }
  return absl::OkStatus();
}

SimulatorConfig MethodExperiment(double precursor_strength, uint64_t seed) {
  SimulatorConfig config;
  config.seed = seed;
  config.weeks = 104 + 26 + 26 + 52;
  config.slots_per_week = 168;
  config.event_rate = .3;
  config.clustered = false;
  config.precursor_strength = precursor_strength;
  return config;
}

absl::StatusOr<Simulator> Simulator::Create(const SimulatorConfig& config) {
  RETURN_IF_ERROR(config.Validate());
  Simulator simulator(config);
  simulator.BuildNetwork();
  if (config.etas.has_value()) {
    RETURN_IF_ERROR(simulator.BuildEtasCatalogue());
  } else {
    simulator.BuildCatalogue();
  }
  return simulator;
}

Simulator::Simulator(const SimulatorConfig& config) : config_(config) {
  std::vector<int> channels = ChannelsThatCarryUnits();
  RandomStream random({config.seed, static_cast<uint64_t>(Purpose::kPrecursorChannels)});
  const auto draw = [&](std::vector<int>& drawn) {
    for (int i = 0; i < config.precursor_features; ++i) {
      const size_t pick = random.Bits() % channels.size();
      drawn.push_back(channels[pick]);
      channels.erase(channels.begin() + static_cast<std::ptrdiff_t>(pick));
    }
    std::sort(drawn.begin(), drawn.end());
  };
  draw(precursor_channels_);
  if (config.passing_strength != 0) draw(passing_channels_);
}

void Simulator::BuildNetwork() {
  const int columns = static_cast<int>(std::ceil(std::sqrt(config_.regions)));
  const int rows = (config_.regions + columns - 1) / columns;
  constexpr double kSouth = kSimulatedSouth, kNorth = kSimulatedNorth, kWest = kSimulatedWest, kEast = kSimulatedEast;
  const double height = (kNorth - kSouth) / rows, width = (kEast - kWest) / columns;
  for (int r = 0; r < config_.regions; ++r) {
    const double north = kNorth - height * (r / columns), west = kWest + width * (r % columns);
    Region region;
    region.id = RegionId(absl::StrFormat("sim-%d", r));
    region.title = absl::StrFormat("Simulated area %d", r);
    region.polygon = BoxPolygon(north - height, north, west, west + width);
    region.simulated = true;
    RandomStream random({config_.seed, static_cast<uint64_t>(Purpose::kNetwork), static_cast<uint64_t>(r)});
    for (int s = 0; s < config_.stations_per_region; ++s) {
      Station station;
      station.id = StationId(absl::StrFormat("S%04d", r * config_.stations_per_region + s + 1));
      station.title = absl::StrFormat("Simulated station %d of area %d", s + 1, r);
      station.location = {std::round((north - height * random.Uniform(.1, .9)) * 1000) / 1000,
                          std::round((west + width * random.Uniform(.1, .9)) * 1000) / 1000};
      station.simulated = true;
      region.stations.push_back(station.id);
      stations_.push_back(std::move(station));
    }
    regions_.push_back(std::move(region));
  }
  if (config_.whole_network) {
    Region region;
    region.id = RegionId("sim-all");
    region.title = "Simulated network";
    region.polygon = BoxPolygon(kSouth, kNorth, kWest, kEast);
    region.whole_network = true;
    region.simulated = true;
    for (const Station& station : stations_) region.stations.push_back(station.id);
    regions_.push_back(std::move(region));
  }
}

Interval Simulator::Week(int week) const { return WeekGrid::Service().At(config_.first_week, week); }

bool Simulator::EventWeek(int region, int week) const {
  return event_weeks_.at(static_cast<size_t>(region)).at(static_cast<size_t>(week)) != 0;
}

bool Simulator::SecondShows(int week) const {
  return config_.passing_strength != 0 && week >= config_.passing_from && week < config_.passing_until;
}

double Simulator::Shift(Purpose stream, double strength, int region, int week) const {
  if (strength == 0) return 0;
  RandomStream random(
      {config_.seed, static_cast<uint64_t>(stream), static_cast<uint64_t>(region), static_cast<uint64_t>(week)});
  return random.Normal() + (EventWeek(region, week + 1) ? strength : 0);
}

double Simulator::PlantedShift(int region, int week) const {
  return Shift(Purpose::kPrecursorShift, SecondShows(week) ? 0 : config_.precursor_strength, region, week);
}

double Simulator::PassingShift(int region, int week) const {
  return Shift(Purpose::kPassingShift, SecondShows(week) ? config_.passing_strength : 0, region, week);
}

StationWeekSamples Simulator::Samples(int station, int week) const {
  const int region = RegionOf(station);
  return SimulateStationWeek(
      {config_,
       station,
       stations_.at(static_cast<size_t>(station)).location,
       week,
       Week(week),
       {{{PlantedShift(region, week), precursor_channels_}, {PassingShift(region, week), passing_channels_}}}});
}

StationWindow Simulator::Window(int station, int week) const {
  StationWeekSamples samples = Samples(station, week);
  const Interval period = Week(week);
  StationWindow window;
  window.key = {stations_[static_cast<size_t>(station)].id, period.begin, 1};
  window.slots = config_.slots_per_week;
  window.values = std::move(samples.values);
  const size_t slots = static_cast<size_t>(window.slots);
  for (Signal signal : {Signal::kMagn, Signal::kSound}) {
    const std::vector<char>& present = samples.present[static_cast<size_t>(signal)];
    window.rows_present[static_cast<size_t>(signal)] = std::accumulate(present.begin(), present.end(), 0);
    for (int c = FirstChannel(signal); c < FirstChannel(signal) + FeatureCount(signal); ++c) {
      float* values = window.values.data() + static_cast<size_t>(c) * slots;
      for (size_t t = 0; t < slots; ++t) {
        if (!present[t]) values[t] = kMissing;
      }
    }
  }
  if (window.rows_present[0] + window.rows_present[1] > 0) window.available_at = period.end;
  window.sealed_at = period.end;
  window.content_hash = WindowContentHash(window.key.start, window.slots, window.values);
  return window;
}

absl::StatusOr<std::vector<SimulatedRow>> Simulator::Rows(int station, int week) const {
  if (config_.slots_per_week != kSlotsPerWeek) {
    return absl::FailedPreconditionError("simulator: rows are ten-minute rows; slots_per_week must be 1008");
  }
  const StationWeekSamples samples = Samples(station, week);
  const int64_t first_slot = SlotContaining(Week(week).begin).index;
  std::vector<SimulatedRow> rows;
  rows.reserve(2 * kSlotsPerWeek);
  for (size_t t = 0; t < kSlotsPerWeek; ++t) {
    for (Signal signal : {Signal::kMagn, Signal::kSound}) {
      if (!samples.present[static_cast<size_t>(signal)][t]) continue;
      SimulatedRow row{signal, Slot{first_slot + static_cast<int64_t>(t)},
                       std::vector<float>(static_cast<size_t>(FeatureCount(signal)))};
      for (size_t i = 0; i < row.values.size(); ++i) {
        row.values[i] = samples.values[(static_cast<size_t>(FirstChannel(signal)) + i) * kSlotsPerWeek + t];
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace tremorcast
