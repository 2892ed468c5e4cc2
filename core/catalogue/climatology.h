#pragma once

// Climatology, the reference every model must beat, and the pool with it (METHOD.md section 3).
// Pure.

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/base/ids.h"
#include "core/catalogue/labels.h"

namespace tremorcast {

using ClassCounts = std::array<int64_t, kClasses>;

inline constexpr double kProbabilityFloor = 1e-4;
inline constexpr double kClimatologyPriorWeeks = 20;
// Nats. A mean or an interval's end counts as a gain only above it, and as a loss only below minus
// it: two ways of adding up the same probabilities differ by some 1e-16, which is no skill.
inline constexpr double kLeastGain = 1e-9;

// pi_k = (n_k + 1/2) / (N + K/2).
ClassProbabilities JeffreysSmoothed(const ClassCounts& network_counts);
// c_rk = (n_rk + 20 pi_k) / (N_r + 20).
ClassProbabilities RegionClimatology(const ClassCounts& region_counts, const ClassProbabilities& network_prior);

// Counts of past region-weeks: every whole week of `grid` inside [period.begin, period.end) for
// each region. The whole-network region is counted for itself but never into the network prior
// (unless it is the only region).
struct ClimatologyTable {
  ClassProbabilities network_prior = {1, 0, 0, 0, 0};
  std::map<RegionId, ClassProbabilities> regions;
  int64_t weeks = 0;  // per region

  // The region's climatology, or the network's where the region is unknown.
  const ClassProbabilities& For(const RegionId& region) const;
};
// `horizon` as in BuildWeeklyClasses.
ClimatologyTable BuildClimatology(const std::vector<Region>& regions, absl::Span<const SeismicEvent> events,
                                  const Interval& period, const WeekGrid& grid, const MagnitudeClasses& classes,
                                  absl::Duration horizon = absl::InfiniteDuration());

// p = w p_model + (1 - w) c, floored at kProbabilityFloor and renormalised.
ClassProbabilities PoolWithClimatology(const ClassProbabilities& model, const ClassProbabilities& climatology,
                                       double weight);
ClassProbabilities FloorAndNormalise(ClassProbabilities p, double floor = kProbabilityFloor);

}  // namespace tremorcast
