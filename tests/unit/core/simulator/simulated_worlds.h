#pragma once

// Small configurations of the simulator, and what its tests measure with.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include "core/simulator/simulator.h"

namespace tremorcast {

inline SimulatorConfig SmallConfig() {
  SimulatorConfig config;
  config.regions = 2;
  config.stations_per_region = 2;
  config.weeks = 6;
  return config;
}

inline Simulator Make(const SimulatorConfig& config) {
  absl::StatusOr<Simulator> simulator = Simulator::Create(config);
  EXPECT_TRUE(simulator.ok()) << simulator.status();
  return *std::move(simulator);
}

// The value in robust units' own scale: the signed log1p of the normalisation.
inline double SignedLog1p(double x) { return std::copysign(std::log1p(std::abs(x)), x); }

inline double Quantile(std::vector<double> values, double q) {
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

inline SimulatorConfig WithoutDirt(SimulatorConfig config) {
  config.gap_rate = config.outage_rate = config.dead_rate = config.stale_rate = config.missing_slot_rate = 0;
  return config;
}

}  // namespace tremorcast
