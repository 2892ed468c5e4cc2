#pragma once

// From which magnitude on a catalogue lists every event, and how fast larger ones become rarer.
// Pure; thread safe. Magnitudes are binned before (MagnitudeLaw::Binned), or `bin` is 0.
//
// Poisson-GR keeps an estimator of its own (FitGutenbergRichter): Utsu's b is smaller than Tinti
// and Mulargia's by a share of (beta bin)^2 / 12, .4 % at b = 1 in tenths, and what was scored
// against that reference stays comparable.
//
// Short-term incompleteness after a large event is not modelled: EstimateBetaPositive is blind to
// it, the rest is not.
// Sources: Tinti and Mulargia (1987), BSSA 77, for beta of binned magnitudes; van der Elst (2021),
// JGR Solid Earth 126, for b-positive; Wiemer and Wyss (2000), BSSA 90, for maximum curvature and
// goodness of fit; Woessner and Wiemer (2005), BSSA 95, for the correction of + 0.2.

#include <absl/status/statusor.h>
#include <absl/types/span.h>

namespace tremorcast {

struct Beta {
  double value = 0;  // b ln 10
  double standard_error = 0;
  int magnitudes = 0;  // or differences that it comes from
};

// Of the magnitudes from `completeness` on. InvalidArgument: a number that is not finite, bin < 0.
// FailedPrecondition: fewer than two of them, or none above the lowest bin.
absl::StatusOr<Beta> EstimateBeta(absl::Span<const double> magnitudes, double completeness, double bin);
// From the differences of each magnitude to the one before where they are positive; `magnitudes` in
// time order, complete or not. Errors as above.
absl::StatusOr<Beta> EstimateBetaPositive(absl::Span<const double> magnitudes, double bin);

struct MagnitudeOfCompleteness {
  double magnitude = 0;
  // 100 - the share, in percent, by which the numbers of events from each magnitude on miss
  // Gutenberg and Richter's law.
  double goodness_of_fit = 0;
  bool fits = false;  // goodness_of_fit >= 90
  Beta beta;
};
// The magnitude of most events + 0.2, and from there upwards the first whose goodness of fit is 90 %
// with at least `least_events` events; where none is, the first. `bin` > 0. Errors as above.
absl::StatusOr<MagnitudeOfCompleteness> EstimateCompleteness(absl::Span<const double> magnitudes, double bin,
                                                             int least_events = 50);

}  // namespace tremorcast
