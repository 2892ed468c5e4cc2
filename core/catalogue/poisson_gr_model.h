#pragma once

// Poisson-Gutenberg-Richter as a reference: each region has a constant rate of events, and their
// magnitudes follow one exponential law. Immutable; thread safe.
//
// lambda_r(>= m) = n_r / weeks * 10^(-b (m - Mc)) a week; P(largest >= m) = 1 - exp(-lambda_r(>=
// m)). Events come in clusters, so this reference gives event weeks too high a probability (557
// expected, 302 seen on CENC 2014 to 2022); climatology does not. The catalogue is not declustered.
// Sources: Aki (1965) and Utsu (1966) for b with binned magnitudes, Shi and Bolt (1982) for its
// error. The catalogue model takes another b: core/catalogue/magnitude_of_completeness.h.

#include <array>
#include <map>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/ids.h"
#include "core/base/time_grid.h"
#include "core/catalogue/event.h"
#include "core/catalogue/labels.h"
#include "core/network/station_network.h"

namespace tremorcast {

struct GutenbergRichter {
  double b = 0;
  double b_standard_error = 0;  // 0 with one event
  double mean_magnitude = 0;
  int events = 0;
};

// b = log10(e) / (mean - (completeness - bin / 2)) over the magnitudes >= completeness (last bits
// of parsed text are forgiven); `bin` is the step in which the catalogue gives magnitudes, 0 for
// none. InvalidArgument: completeness or bin not finite, bin < 0, a magnitude not finite.
// FailedPrecondition: no magnitude above the completeness, or, with bin 0, none that differs from
// it.
absl::StatusOr<GutenbergRichter> FitGutenbergRichter(absl::Span<const double> magnitudes, double completeness,
                                                     double bin);

struct PoissonGrOptions {
  double completeness = 3.0;  // Mc of the catalogue; at most the first class edge
  double magnitude_bin = 0.1;
  int min_events = 50;  // for b; below, the fit is refused rather than guessed
};

class PoissonGrModel {
 public:
  // Events of [period.begin, period.end) only; period.end is the start of the test period. One b
  // from the events that lie in any region, each counted once; per region the rate (n + 1/2) /
  // weeks (Jeffreys), so that a quiet region does not get probability 0. InvalidArgument: no
  // regions, an empty period, options that make no sense, b not positive. FailedPrecondition: fewer
  // than min_events events.
  static absl::StatusOr<PoissonGrModel> Fit(const std::vector<Region>& regions, absl::Span<const SeismicEvent> events,
                                            const Interval& period, const MagnitudeClasses& classes,
                                            const PoissonGrOptions& options);

  const GutenbergRichter& magnitudes() const { return magnitudes_; }
  // Expected events a week with M >= edge k, k = 1..4. NotFound: a region unknown to the fit.
  absl::StatusOr<std::array<double, kClasses - 1>> WeeklyRates(const RegionId& region) const;
  // The same every week; floored at kProbabilityFloor. NotFound as above.
  absl::StatusOr<ClassProbabilities> Predict(const RegionId& region) const;

 private:
  using Rates = std::array<double, kClasses - 1>;
  PoissonGrModel(GutenbergRichter magnitudes, std::map<RegionId, Rates> rates)
      : magnitudes_(magnitudes), rates_(std::move(rates)) {}

  GutenbergRichter magnitudes_;
  std::map<RegionId, Rates> rates_;
};

}  // namespace tremorcast
