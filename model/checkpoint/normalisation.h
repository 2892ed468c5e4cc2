#pragma once

// From raw windows to the neural network's input (METHOD.md section 2): values are averaged down to
// its steps, taken to signed log1p, brought to (x - median) / IQR per station and feature, and
// clipped to [-8, 8]; a missing one becomes 0. It is fitted on the training period only, and
// training and serving call the same Apply. Plain values and pure functions; thread safe once
// fitted.

#include <map>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/base/ids.h"
#include "model/checkpoint/sample_set.h"

namespace tremorcast {

// In signed log1p space; one entry per channel.
struct RobustScale {
  std::vector<float> median;
  std::vector<float> iqr;  // never below kSmallestIqr: smaller counts as 1
  friend bool operator==(const RobustScale&, const RobustScale&) = default;
};

inline constexpr float kSmallestIqr = 1e-3f;
inline constexpr float kNormalisedLimit = 8.0f;

class Normalisation {
 public:
  Normalisation() = default;
  Normalisation(RobustScale all_stations, std::map<StationId, RobustScale> stations)
      : all_stations_(std::move(all_stations)), stations_(std::move(stations)) {}

  int channels() const { return static_cast<int>(all_stations_.median.size()); }
  // A station unknown to the fit gets the statistics over all stations.
  const RobustScale& For(const StationId& station) const;
  const RobustScale& all_stations() const { return all_stations_; }
  const std::map<StationId, RobustScale>& stations() const { return stations_; }

  // raw[channels, slots] -> out[channels, slots]; the two may be the same memory.
  void Apply(const StationId& station, int slots, absl::Span<const float> raw, absl::Span<float> out) const;

  friend bool operator==(const Normalisation&, const Normalisation&) = default;

 private:
  RobustScale all_stations_;
  std::map<StationId, RobustScale> stations_;
};

// Reads each listed window once, station by station. The statistics over all stations come from an
// even, deterministic subsample of their values. A channel that is silent at a station takes those;
// one that is silent everywhere has median 0 and IQR 1. `slots` is the neural network's; longer
// windows are averaged down first.
absl::StatusOr<Normalisation> FitNormalisation(const WindowSource& source, absl::Span<const int> windows, int slots);

// sign(x) ln(1 + |x|).
float SignedLog1p(float x);

// Mean of each run of from / to samples, missing ones ignored; missing where all are. in[channels,
// from] -> out[channels, to].
void PoolSlots(absl::Span<const float> in, int channels, int from, int to, absl::Span<float> out);

}  // namespace tremorcast
