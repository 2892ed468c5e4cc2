#pragma once

// Automatic block length of the circular block bootstrap (core/verification/scores.h): long enough
// for the memory of the series, no longer. Pure; thread safe.
//
// Sources: Politis and White (2004), Econometric Reviews 23, with the correction of Patton, Politis
// and White (2009), Econometric Reviews 28. The lag where memory ends is the first of the run of
// insignificant ones, as in b.star of the R package np; the paper's text counts one less, which
// gives shorter blocks.

#include <absl/status/statusor.h>
#include <absl/types/span.h>

namespace tremorcast {

inline constexpr int kMinBlockWeeks = 4;  // of any interval that is reported

// Estimate of the best length, in weeks, in [1, ceil(min(3 sqrt n, n / 3))]; not rounded. 1 for a
// series without variance. `series` in time order, one value a week. InvalidArgument: a value not
// finite, fewer than 12 values.
absl::StatusOr<double> PolitisWhiteBlockLength(absl::Span<const double> series);

// The estimate rounded up, and at least kMinBlockWeeks: what BootstrapMean uses unless it is told a
// length. Errors as above.
absl::StatusOr<int> AutomaticBlockWeeks(absl::Span<const double> series);

}  // namespace tremorcast
