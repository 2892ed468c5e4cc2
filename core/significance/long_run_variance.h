#pragma once

// How much the mean of a series in time varies when its values depend on their neighbours, and how
// well that is known. Pure; thread safe.
//
// The equal-weighted cosine (EWC) estimator: the mean square of the series' first B projections on
// cosines, each of which sees only slow movements. With B fixed the mean over its standard error has
// Student's t distribution with B degrees of freedom, so the price of estimating the dependence is
// paid in the degrees instead of being forgotten, as Newey and West's weights with normal quantiles
// forget it. Measured in docs/EVALUATION.md.
//
// Sources: Lazarus, Lewis, Stock and Watson (2018), "HAR inference: recommendations for practice",
// Journal of Business and Economic Statistics 36, for the estimator and the rule B = .4 n^(2/3);
// Mueller (2004), Journal of Econometrics 119, for the cosines.

#include <absl/status/statusor.h>
#include <absl/types/span.h>

namespace tremorcast {

struct LongRunVariance {
  double variance = 0;  // n times the variance of the mean; the square of the values' unit
  int degrees = 0;      // of freedom of Student's t
};

// `series` in time order, one value a week. InvalidArgument: fewer than 2 values, or one not
// finite.
absl::StatusOr<LongRunVariance> EstimateLongRunVariance(absl::Span<const double> series);

struct DependentMean {
  double mean = 0;
  double low = 0, high = 0;  // of the interval
  int degrees = 0;           // of freedom behind it
};
// Student's interval of the mean at `level` in (0, 1). Errors as above.
absl::StatusOr<DependentMean> MeanOfDependent(absl::Span<const double> series, double level = 0.95);

}  // namespace tremorcast
