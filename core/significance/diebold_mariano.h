#pragma once

// Diebold-Mariano test of equal accuracy of two forecasts of the same weeks, from their weekly
// score differences. Pure; thread safe.
//
// Neighbouring weeks depend on each other, and by how much is estimated from the differences
// (core/significance/long_run_variance.h). The t-test without lags rejects 33 % at 5 % where the
// differences are autoregressive with .6 over 52 weeks, Newey and West's weights at Andrews' length
// 15 %, with fixed-b quantiles 11 %, and this one 6.5 % (docs/EVALUATION.md, docs/decisions/0024).
//
// Sources: Diebold and Mariano (1995), JBES 13; Lazarus, Lewis, Stock and Watson (2018), JBES 36,
// for the variance and its degrees of freedom. With lags: Harvey, Leybourne and Newbold (1997), IJF
// 13, for the small-sample factor and Student's t; Newey and West (1987) for the Bartlett weights.

#include <optional>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

namespace tremorcast {

struct DieboldMarianoTest {
  double mean = 0;       // of the differences, their unit
  double statistic = 0;  // Student's t
  double degrees = 0;    // of freedom
  double two_sided_p = 1;
  double upper_p = 1;  // one-sided, against a mean of 0 or less
  int weeks = 0;
};

// `differences` in time order (WeeklyMeans), positive where the first forecast is better. `lags`:
// weeks over which differences may depend on each other, where that is known; 0 gives the one-sample
// t-test. Absent, the rule for everything reported: estimated, as above. Bartlett weights keep the
// variance positive. InvalidArgument: fewer than 2 values, one not finite, lags not in [0, n - 1).
// FailedPrecondition: the differences do not vary.
absl::StatusOr<DieboldMarianoTest> DieboldMariano(absl::Span<const double> differences,
                                                  std::optional<int> lags = std::nullopt);

}  // namespace tremorcast
