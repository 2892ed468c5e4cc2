#pragma once

// Random yes-no forecasts with many ties, for property tests. The seed is the argument, so a
// failure names itself.

#include <cstdint>
#include <vector>

#include "core/base/random.h"
#include "core/verification/binary_outcome.h"

namespace tremorcast {

// n >= 2; at least one event and one quiet week. Probabilities on a grid of `steps`.
inline std::vector<BinaryOutcome> RandomOutcomes(uint64_t seed, int n, int steps) {
  RandomStream random({seed});
  std::vector<BinaryOutcome> outcomes;
  for (int i = 0; i < n; ++i) {
    const double p = static_cast<double>(static_cast<int>(random.Uniform() * (steps + 1))) / steps;
    outcomes.push_back({p, random.Uniform() < 0.2 + 0.5 * p, 0.5 + random.Uniform()});
  }
  outcomes[0].event = true;
  outcomes[1].event = false;
  return outcomes;
}

}  // namespace tremorcast
