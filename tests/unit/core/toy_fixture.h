#pragma once

// The eight forecasts of the toy fixture, their outcomes and their climatology; the expected
// numbers in the tests were computed by hand and by other software.

#include <array>
#include <vector>

#include "core/verification/scores.h"

namespace tremorcast {

inline constexpr ClassProbabilities kToyClimatology = {0.70, 0.15, 0.08, 0.04, 0.03};

// One forecast a week, in one region.
inline std::vector<ScoredWeek> ToyForecasts() {
  const std::array<ClassProbabilities, 8> forecasts = {{{0.80, 0.10, 0.05, 0.03, 0.02},
                                                        {0.60, 0.20, 0.10, 0.06, 0.04},
                                                        {0.50, 0.20, 0.15, 0.10, 0.05},
                                                        {0.70, 0.15, 0.08, 0.04, 0.03},
                                                        {0.40, 0.25, 0.15, 0.10, 0.10},
                                                        {0.75, 0.12, 0.07, 0.04, 0.02},
                                                        {0.85, 0.08, 0.04, 0.02, 0.01},
                                                        {0.55, 0.20, 0.12, 0.08, 0.05}}};
  const std::array<int, 8> observed = {0, 0, 2, 0, 4, 1, 0, 1};
  std::vector<ScoredWeek> rows;
  for (int i = 0; i < 8; ++i) {
    rows.push_back({absl::UnixEpoch() + i * absl::Hours(168), forecasts[i], kToyClimatology, observed[i]});
  }
  return rows;
}

}  // namespace tremorcast
