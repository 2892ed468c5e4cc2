#pragma once

// The consistency tests of CSEP for a forecast of simulated catalogues: does the observed catalogue
// look like one of them? No distribution is assumed, so events may cluster as they like. N counts
// events, S looks at space alone, M at magnitudes alone, PL at number and space together. Pure;
// thread safe.
//
// A catalogue is gridded before (core/csep/catalogue_forecast.h); events outside the grid belong to
// neither side. Figures agree with pyCSEP 0.7 for the same catalogues and seed; `TestValidity` is
// its status. What is not valid has no statistic and no quantile here, where pyCSEP has -1, None or
// an exception.
// Sources: Savran et al. (2020), BSSA 110, for N, S, M, PL and calibration; Serafini et al. (2024)
// for the resampled M and the MLL test.

#include <cstdint>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/csep/catalogue_forecast.h"
#include "core/significance/kolmogorov_smirnov.h"

namespace tremorcast {

enum class TestValidity {
  kNormal,
  kUndersampled,  // events where no simulated catalogue has any were left out of the statistic
  kNotValid,      // nothing observed, or nothing simulated, that the test could compare
};

struct CatalogueTest {
  TestValidity validity = TestValidity::kNormal;
  double observed = 0;            // NaN when not valid
  std::vector<double> simulated;  // of each simulated catalogue that has one; none when not valid
  // Shares of the simulated that are >= and <= observed, delta 1 and delta 2. NaN when not valid.
  double at_least = 0, at_most = 0;
};

// All: InvalidArgument as ValidateCatalogueForecast and ValidateGriddedCatalogue have it.

// Number of events. An observed catalogue without events is as good as any. Either share below half
// the level speaks against the forecast.
absl::StatusOr<CatalogueTest> CatalogueNumberTest(const CatalogueForecast& forecast, const GriddedCatalogue& observed);

// Mean over a catalogue's events of ln(share of the mean rate in its cell), nats per event: space
// freed of number. A small at_most speaks against the forecast. Simulated catalogues without events
// have none.
absl::StatusOr<CatalogueTest> CatalogueSpatialTest(const CatalogueForecast& forecast, const GriddedCatalogue& observed);

// Sum over a catalogue's events of ln(mean rate of its cell), less the mean number of events, nats.
// A small at_most speaks against the forecast.
absl::StatusOr<CatalogueTest> CataloguePseudoLikelihoodTest(const CatalogueForecast& forecast,
                                                            const GriddedCatalogue& observed);

// Sum over magnitude bins of (lg(n + 1) - lg(u + 1))^2, where u is the histogram of all simulated
// events and n that of a catalogue, both brought to the observed number of events. A small at_least
// speaks against the forecast. A catalogue of few events lies further from u than one of many, so
// where the simulated have other numbers of events than the observed one this test judges the
// number too: prefer the next two.
absl::StatusOr<CatalogueTest> CatalogueMagnitudeTest(const CatalogueForecast& forecast,
                                                     const GriddedCatalogue& observed);

// The same statistic for catalogues of exactly the observed number of events, drawn from u, as many
// as there are simulated catalogues. Draws observed events * catalogues numbers of
// core/csep/numpy_random.h.
absl::StatusOr<CatalogueTest> ResampledMagnitudeTest(const CatalogueForecast& forecast,
                                                     const GriddedCatalogue& observed, uint32_t seed);

// MultinomialScore of those catalogues. Read both shares: a catalogue with more large events than
// the forecast says scores high, one with fewer scores low.
absl::StatusOr<CatalogueTest> MultinomialMagnitudeTest(const CatalogueForecast& forecast,
                                                       const GriddedCatalogue& observed, uint32_t seed);

// The MLL score, 2 ln(L(u + r + c + 1) / (L(u + r) L(c + 1))): c the histogram of a catalogue, u
// that of all simulated events, r = sum u / sum c, and L(x) the multinomial probability of x under
// its own shares. InvalidArgument: sizes differ or are 0, a count that is negative or not finite,
// no event in one of them.
absl::StatusOr<double> MultinomialScore(absl::Span<const double> union_counts, absl::Span<const double> counts);

// Over many forecasts: are the quantiles of one test spread evenly over [0, 1], as those of a right
// model are? Takes at_most, or at_least on request; tests that are not valid are passed over.
// Number tests have few different quantiles where few events are expected, and then never spread
// quite evenly. InvalidArgument: a quantile outside [0, 1]. FailedPrecondition: no valid test.
enum class Quantile { kAtMost, kAtLeast };
absl::StatusOr<UniformityTest> CalibrationTest(absl::Span<const CatalogueTest> tests,
                                               Quantile quantile = Quantile::kAtMost);

}  // namespace tremorcast
