#pragma once

// A score as a series in time, one value per week: what tests that know about serial dependence
// work on. Pure; thread safe.

#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

namespace tremorcast {

// Mean over the regions of each distinct week, in time order; weeks[i] is the week of values[i].
// Weeks without a value are skipped, not filled. InvalidArgument: sizes differ, none, a value not
// finite.
absl::StatusOr<std::vector<double>> WeeklyMeans(absl::Span<const absl::Time> weeks, absl::Span<const double> values);

// gamma_k = (1 / n) sum (x_t - mean)(x_{t+k} - mean) for k = 0..max_lag < n. Values finite, not
// empty.
std::vector<double> Autocovariances(absl::Span<const double> series, int max_lag);

}  // namespace tremorcast
