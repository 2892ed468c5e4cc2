#pragma once

// Catalogues of known kinds, and trials of the ladder on them.

#include <cstdint>
#include <vector>

#include "core/ladder/ladder_trial.h"

namespace tremorcast {

inline constexpr int kWorldYears = 16;

// From M 3 on: each background event has six more in the mean, most of them within days.
struct World {
  int years = kWorldYears;
  double background = 20;  // events a year
  double log10_c = -2, omega = 0.2, log10_tau = 3.5;
  double branching = 0.85;
};
// Each has nine more, within weeks: a year of tests shows it clearly where the seed is lucky (10).
inline constexpr World kLastingWorld = {5, 20, -1, 0, 2, 0.9};

std::vector<SeismicEvent> ClusteredWorld(uint64_t seed, const World& world = {});
// Its events at random times: the same places and magnitudes, and nothing triggers anything. With
// `halved` the rate of the later half of the time is half that of the first.
std::vector<SeismicEvent> PoissonWorld(uint64_t seed, bool halved = false, const World& world = {});

// Six regions; three origins in the last eight years, 200 catalogues an issue.
LadderTrialOptions WorldTrial();

}  // namespace tremorcast
