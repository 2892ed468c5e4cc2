#pragma once

// The consistency tests of CSEP on rates in space-magnitude bins: would catalogues drawn from the
// forecast look like the observed one? L (likelihood, number drawn too), CL (likelihood given the
// observed number), S (space alone), M (magnitude alone), their binary form (active or not) and the
// Brier score of bins. Pure; thread safe. For forecasts of simulated catalogues see
// core/csep/catalogue_tests.h.
//
// Scores are joint log likelihoods in nats, or minus Brier scores: higher is better, and a small
// quantile speaks against the forecast. S and M bring the rates to the observed number of events
// first; L, CL, the binary tests and Brier score by the rates as they are, so their scores hold the
// error in the number too. Quantiles of CL are free of it, because every catalogue has that number.
//
// Scores, simulated scores and quantiles agree with pyCSEP 0.7 for the same seed, also where
// nothing was observed: then every conditional catalogue is the observed one and the quantile is 1.
// They differ where a rate is 0. An event there is impossible here in every test but Brier's, while
// pyCSEP's binary tests give it one nat, and their draws go wrong beside such bins.
// Sources: Schorlemmer et al. (2007), SRL 78; Zechar et al. (2010), BSSA 100; Bayona et al. (2022),
// GJI 229, for the binary form; the Brier score of bins is pyCSEP's.

#include <cstdint>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

namespace tremorcast {

// Bins in any fixed order. S and M tests, the binary S too, want cell-major order, magnitudes
// fastest.
struct GriddedForecast {
  int magnitude_bins = 1;
  std::vector<double> rates;      // expected events per bin, >= 0, some > 0, at most 1e7 in all
  std::vector<int64_t> observed;  // events per bin, at most 1e7 in all
};

struct SimulationOptions {
  int simulations = 1000;
  uint32_t seed = 0;
};

struct ConsistencyTest {
  double observed = 0;  // minus infinity when an event fell where the rate is 0
  std::vector<double> simulated;
  double quantile = 0;  // share of simulated <= observed
};

// Poisson: sum of n ln(rate) - ln n! - rate. Binary: ln(1 - e^-rate) over the active bins, -rate
// over the others. Brier: -2 / bins * sum of (p - [n > 0])^2 with p = 1 - e^-rate. InvalidArgument:
// sizes differ, a bad rate or count.
absl::StatusOr<double> PoissonJointLogLikelihood(absl::Span<const double> rates, absl::Span<const int64_t> observed);
absl::StatusOr<double> BinaryJointLogLikelihood(absl::Span<const double> rates, absl::Span<const int64_t> observed);
absl::StatusOr<double> GriddedBrierScore(absl::Span<const double> rates, absl::Span<const int64_t> observed);

// All: InvalidArgument for a bad forecast (sizes, rates, counts, bins that do not divide the size,
// no simulations).
absl::StatusOr<ConsistencyTest> LikelihoodTest(const GriddedForecast& forecast, const SimulationOptions& options);
absl::StatusOr<ConsistencyTest> ConditionalLikelihoodTest(const GriddedForecast& forecast,
                                                          const SimulationOptions& options);
absl::StatusOr<ConsistencyTest> SpatialTest(const GriddedForecast& forecast, const SimulationOptions& options);
absl::StatusOr<ConsistencyTest> MagnitudeTest(const GriddedForecast& forecast, const SimulationOptions& options);
// Also FailedPrecondition: more active bins than bins with a rate.
absl::StatusOr<ConsistencyTest> BinaryLikelihoodTest(const GriddedForecast& forecast, const SimulationOptions& options);
absl::StatusOr<ConsistencyTest> BinarySpatialTest(const GriddedForecast& forecast, const SimulationOptions& options);
absl::StatusOr<ConsistencyTest> GriddedBrierTest(const GriddedForecast& forecast, const SimulationOptions& options);

}  // namespace tremorcast
