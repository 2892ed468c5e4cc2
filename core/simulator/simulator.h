#pragma once

// An AETA-like network from a seed: stations, regions, a Gutenberg-Richter catalogue and ten-minute
// feature rows with the dirt of the real ones (gaps, dead and stale sensors, signals that come and
// go separately), daily cycles, storms shared by neighbours and slow drift. A precursor of chosen
// strength can be planted; strength 0 plants nothing (METHOD.md section 5).
//
// Everything is a pure function of (config, station, week): the order of calls, the number of
// stations asked for and the thread do not matter. Create() draws the catalogue; after that the
// object is immutable and safe to share between threads. Nothing here blocks.
//
//   auto simulator = Simulator::Create(MethodExperiment(/*strength=*/3, /*seed=*/1)).value();
//   for (int week = 0; week < simulator.config().weeks; ++week)
//     for (int s = 0; s < simulator.station_count(); ++s) {
//       StationWindow input = simulator.Window(s, week);        // [T - 7 d, T), T = simulator.Week(week).end
//       bool event = simulator.EventWeek(simulator.RegionOf(s), week + 1);  // label of [T, T + 7 d)
//     }

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/time_grid.h"
#include "core/catalogue/event.h"
#include "core/etas/etas_parameters.h"
#include "core/network/station_network.h"
#include "core/observation/feature_schema.h"
#include "core/observation/observation.h"
#include "core/observation/window.h"
#include "core/simulator/streams.h"

namespace tremorcast {

struct SimulatorConfig {
  uint64_t seed = 1;
  int regions = 8;  // boxes in 22-34 N, 98-107 E
  int stations_per_region = 3;
  bool whole_network = false;  // adds one region over the whole box, reported apart
  int weeks = 208;             // input weeks 0..weeks-1; the catalogue covers one more, the label week of the last
  absl::Time first_week =
      absl::FromUnixSeconds(1483200000);  // start of week 0, on the service's week grid (2017-01-01 UTC+8)
  // Samples of a week: 1008 = every ten minutes (the only choice for Rows), 168 = hourly for quick
  // experiments.
  int slots_per_week = kSlotsPerWeek;

  // Catalogue. P(at least one M >= 3.5 in a region-week) is event_rate with and without clustering.
  double event_rate = 0.3;
  double b_value = 1.0;
  double min_magnitude = 2.5;  // smallest magnitude listed
  double max_magnitude = 7.5;
  // Event weeks follow event weeks with probability max(event_rate, cluster_persistence), and
  // aftershocks decay as 1/t. Off for the planted-precursor experiment: with clustering the
  // catalogue alone predicts, which is not what that experiment asks.
  bool clustered = true;
  double cluster_persistence = 0.6;
  // Where given, the catalogue is ETAS with these parameters over the whole box: events trigger
  // others across regions, and some lie outside the box. Magnitudes are in tenths, m0 is
  // min_magnitude - .05, and the three settings above are not asked. min_magnitude must be in
  // tenths and the branching ratio below 1.
  std::optional<EtasParameters> etas;
  int weeks_before = 0;  // of that catalogue, listed before week 0: at most ten years

  // Precursor: when the coming week holds an event of M >= 3.5 in a region, each of the region's
  // stations shows, over the last two days before that week, a shift of N(strength, 1) robust units
  // in precursor_features features; in other weeks N(0, 1). One draw per region and week. Robust
  // units = IQRs of the signed log1p of the feature. Strength 0: no shift in any week.
  double precursor_strength = 0;
  int precursor_features = 10;
  absl::Duration precursor_length = absl::Hours(48);
  // A second one in as many features of its own, which takes the place of the first in the weeks
  // [passing_from, passing_until): a world that changes under a model that learned from it, and
  // changes back.
  double passing_strength = 0;
  int passing_from = 0;
  int passing_until = 0;

  // Dirt, each per station and week (0 switches it off).
  double gap_rate = 0.15;            // gaps of one hour to three days, per signal
  double outage_rate = 0.01;         // the whole week of a signal is absent
  double dead_rate = 0.01;           // a signal reads all zero from some slot to the end of the week
  double stale_rate = 0.01;          // a signal repeats one row from some slot to the end of the week
  double missing_slot_rate = 0.002;  // single absent rows, per slot
  double storm_rate = 0.5;           // storms per week over the whole box, felt by neighbouring stations

  absl::Status Validate() const;
};

// The sizes of METHOD.md section 5: 8 regions x 3 stations, event rate .3, 168 slots, 104 + 26 + 26
// + 52 weeks, no clustering.
SimulatorConfig MethodExperiment(double precursor_strength, uint64_t seed);

// One ten-minute row of one signal. `values` has FeatureCount(signal) floats in schema order.
struct SimulatedRow {
  Signal signal = Signal::kMagn;
  Slot slot;
  std::vector<float> values;
};

struct StationWeekSamples;

class Simulator {
 public:
  // InvalidArgument: Validate() fails. FailedPrecondition: ETAS with a branching ratio of 1 or more.
  static absl::StatusOr<Simulator> Create(const SimulatorConfig& config);

  const SimulatorConfig& config() const { return config_; }
  int station_count() const { return static_cast<int>(stations_.size()); }

  // Ids "S0001", ...; all flagged simulated, in id order. Region ids "sim-0", ... ("sim-all" for
  // the whole box).
  const std::vector<Station>& stations() const { return stations_; }
  const std::vector<Region>& regions() const { return regions_; }
  // Source "simulated", time order, strictly inside their regions; those of ETAS anywhere.
  const std::vector<SeismicEvent>& events() const { return events_; }

  // Index into regions() of the box that station index `station` belongs to.
  int RegionOf(int station) const { return station / config_.stations_per_region; }
  Interval Week(int week) const;
  // True when `region` holds an event of M >= 3.5 in `week` (0..weeks).
  bool EventWeek(int region, int week) const;

  // The week's window, as sealing its rows would give it (revision 1, available and sealed at the
  // week's end). With 168 slots the window keeps the week's start; its slots then stand for hours.
  StationWindow Window(int station, int week) const;
  // The rows of the week in time order, magn before sound in each slot. FailedPrecondition unless
  // slots_per_week is 1008.
  absl::StatusOr<std::vector<SimulatedRow>> Rows(int station, int week) const;

  // Channels that carry the precursor (ascending).
  const std::vector<int>& precursor_channels() const { return precursor_channels_; }
  const std::vector<int>& passing_channels() const { return passing_channels_; }
  // Shift, in robust units, planted in the last two days of `week` for `region`; 0 when the
  // strength is 0.
  double PlantedShift(int region, int week) const;
  double PassingShift(int region, int week) const;  // likewise of the second precursor

 private:
  explicit Simulator(const SimulatorConfig& config);
  void BuildNetwork();
  void BuildCatalogue();
  absl::Status BuildEtasCatalogue();
  bool SecondShows(int week) const;
  double Shift(Purpose stream, double strength, int region, int week) const;
  StationWeekSamples Samples(int station, int week) const;

  SimulatorConfig config_;
  std::vector<Station> stations_;
  std::vector<Region> regions_;
  std::vector<SeismicEvent> events_;
  std::vector<std::vector<char>> event_weeks_;  // [regions][weeks + 1]
  std::vector<int> precursor_channels_;
  std::vector<int> passing_channels_;
};

}  // namespace tremorcast
