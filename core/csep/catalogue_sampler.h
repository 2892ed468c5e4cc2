#pragma once

// Draws catalogues of a given number of events, or of active bins, from gridded rates: the engine
// of the simulated tests. Immutable after construction; thread safe with one NumpyRandom per
// thread.

#include <cstdint>
#include <vector>

#include <absl/types/span.h>

#include "core/csep/numpy_random.h"

namespace tremorcast {

class CatalogueSampler {
 public:
  // Rates finite, >= 0, some > 0 (the caller has checked).
  explicit CatalogueSampler(absl::Span<const double> rates);

  // Events per bin, `events` in all.
  std::vector<int64_t> Draw(int64_t events, NumpyRandom& random) const;
  // 1 in each of `active` different bins, as if bins already taken were drawn again. active <=
  // number of positive rates.
  std::vector<int64_t> DrawActive(int64_t active, NumpyRandom& random) const;

 private:
  std::vector<double> rates_;
  std::vector<double> cumulative_;  // shares; bin i holds [cumulative[i - 1], cumulative[i])
};

}  // namespace tremorcast
