#include "core/significance/circular_shift.h"

#include <cmath>
#include <cstddef>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

// Gains equal but for the order of addition count as equal: a model that copies the reference has p
// = 1.
constexpr double kEqualGains = 1e-12;

bool IsPositiveProbability(double p) { return p > 0 && p <= 1; }

absl::Status Validate(absl::Span<const RegionSeries> regions, int min_shift) {
  if (regions.empty() || regions[0].observed.empty()) return absl::InvalidArgumentError("circular shift: no weeks");
  if (min_shift < 1) return absl::InvalidArgumentError(absl::StrCat("circular shift: shift ", min_shift));
  const size_t weeks = regions[0].observed.size();
  for (const RegionSeries& region : regions) {
    if (region.observed.size() != weeks || region.forecasts.size() != weeks || region.references.size() != weeks) {
      return absl::InvalidArgumentError("circular shift: all regions must cover the same weeks");
    }
    for (size_t t = 0; t < weeks; ++t) {
      if (region.observed[t] < 0 || region.observed[t] >= kClasses) {
        return absl::InvalidArgumentError(absl::StrCat("circular shift: class ", region.observed[t]));
      }
      for (int k = 0; k < kClasses; ++k) {
        if (!IsPositiveProbability(region.forecasts[t][k]) || !IsPositiveProbability(region.references[t][k])) {
          return absl::InvalidArgumentError("circular shift: probabilities must be in (0, 1]; floor them first");
        }
      }
    }
  }
  if (weeks < 2 * static_cast<size_t>(min_shift)) {
    return absl::FailedPreconditionError(
        absl::StrCat("circular shift: ", weeks, " weeks leave no shift of ", min_shift, " weeks either way"));
  }
  return absl::OkStatus();
}

// Mean gain when forecast week t meets the outcome of week t + shift.
double GainAt(absl::Span<const RegionSeries> regions, size_t shift) {
  const size_t weeks = regions[0].observed.size();
  double sum = 0;
  for (const RegionSeries& region : regions) {
    for (size_t t = 0; t < weeks; ++t) {
      const int y = region.observed[(t + shift) % weeks];
      sum += std::log(region.forecasts[t][y] / region.references[t][y]);
    }
  }
  return sum / static_cast<double>(weeks * regions.size());
}

}  // namespace

absl::StatusOr<ShiftNull> CircularShiftNull(absl::Span<const RegionSeries> regions, int min_shift) {
  RETURN_IF_ERROR(Validate(regions, min_shift));
  const size_t least = static_cast<size_t>(min_shift);
  const size_t weeks = regions[0].observed.size();
  ShiftNull null;
  null.gain = GainAt(regions, 0);
  int as_large = 0;
  for (size_t shift = least; shift <= weeks - least; ++shift) {
    null.shifted_gains.push_back(GainAt(regions, shift));
    as_large += null.shifted_gains.back() >= null.gain - kEqualGains ? 1 : 0;
  }
  null.p_value = (1.0 + as_large) / (1.0 + static_cast<double>(null.shifted_gains.size()));
  return null;
}

}  // namespace tremorcast
