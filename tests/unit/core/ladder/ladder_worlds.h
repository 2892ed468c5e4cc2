#pragma once

// Catalogues of known kinds, and trials of the ladder on them.

#include <cstdint>
#include <vector>

#include "core/ladder/ladder_trial.h"

namespace tremorcast {

inline constexpr int kWorldYears = 16;

// A catalogue with clusters, from M 3 on: 20 background events a year, each with six more in the
// mean, most of them within days.
std::vector<SeismicEvent> ClusteredWorld(uint64_t seed);
// Its events at random times: the same places and magnitudes, and nothing triggers anything. With
// `halved` the rate of the later half of the time is half that of the first.
std::vector<SeismicEvent> PoissonWorld(uint64_t seed, bool halved = false);

// Six regions; three origins in the last eight years, 200 catalogues an issue.
LadderTrialOptions WorldTrial();

}  // namespace tremorcast
