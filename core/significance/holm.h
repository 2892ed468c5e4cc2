#pragma once

// Holm's step-down correction for many tests at once (regions, classes). Pure; thread safe.
// Source: Holm (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statist.
// 6.

#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

namespace tremorcast {

// Adjusted p-values in the order given: compare each with the level for the whole family (0.05).
// The chance of even one false finding stays below it, however the tests depend on each other.
// Empty for none. InvalidArgument: a p-value outside [0, 1] or NaN.
absl::StatusOr<std::vector<double>> HolmAdjusted(absl::Span<const double> p_values);

}  // namespace tremorcast
