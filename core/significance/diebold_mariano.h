#pragma once

// Diebold-Mariano test of equal accuracy of two forecasts of the same weeks, from their weekly
// score differences. Pure; thread safe.
//
// Sources: Diebold and Mariano (1995), JBES 13; Harvey, Leybourne and Newbold (1997), IJF 13, for
// the small-sample factor and Student's t; Newey and West (1987) for the Bartlett weights.

#include <absl/status/statusor.h>
#include <absl/types/span.h>

namespace tremorcast {

struct DieboldMarianoTest {
  double mean = 0;       // of the differences, their unit
  double statistic = 0;  // Student's t, n - 1 degrees
  double two_sided_p = 1;
  double upper_p = 1;  // one-sided, against a mean of 0 or less
  int weeks = 0;
};

// `differences` in time order (WeeklyMeans), positive where the first forecast is better. `lags`:
// weeks over which differences may depend on each other; 0, the rule for one-step forecasts, gives
// the one-sample t-test. Bartlett weights keep the variance positive. InvalidArgument: fewer than 2
// values, one not finite, lags not in [0, n - 1). FailedPrecondition: the differences do not vary.
absl::StatusOr<DieboldMarianoTest> DieboldMariano(absl::Span<const double> differences, int lags = 0);

}  // namespace tremorcast
