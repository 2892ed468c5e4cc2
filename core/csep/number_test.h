#pragma once

// N-tests: is the number of events (or of event weeks) what the forecast says? Each returns both
// tails; a forecast is doubtful when either is below half the level. Pure; thread safe.
//
// Poisson: independent events. Negative binomial: events that come in clusters, with a variance
// measured elsewhere. Poisson-binomial: the number of event weeks among weeks of given
// probabilities, independent of each other; clustered weeks spread wider than it says.
// Sources: Zechar, Gerstenberger and Rhoades (2010), BSSA 100; Kagan (2010), GJI 180; Hong (2013)
// for the Poisson-binomial. The first two agree with pyCSEP's number tests.

#include <cstdint>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

namespace tremorcast {

struct NumberTest {
  double mean = 0;
  double variance = 0;
  double at_least = 0;  // P(N >= observed), delta 1
  double at_most = 0;   // P(N <= observed), delta 2
};

// InvalidArgument: a mean not in (0, 1e9], an observed number not in [0, 1e9].
absl::StatusOr<NumberTest> PoissonNumberTest(double mean, int64_t observed);

// Shape r = mean^2 / (variance - mean), success probability mean / variance. InvalidArgument: as
// above, or a variance that is not above the mean (use Poisson).
absl::StatusOr<NumberTest> NegativeBinomialNumberTest(double mean, double variance, int64_t observed);

// `probabilities`: of an event, one per region-week. InvalidArgument: none, one outside [0, 1],
// observed not in [0, size].
absl::StatusOr<NumberTest> PoissonBinomialNumberTest(absl::Span<const double> probabilities, int64_t observed);

// P(N = n) for n = 0..size, by convolution. InvalidArgument: none, one outside [0, 1].
absl::StatusOr<std::vector<double>> PoissonBinomialDistribution(absl::Span<const double> probabilities);

}  // namespace tremorcast
