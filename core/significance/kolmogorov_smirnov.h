#pragma once

// Kolmogorov's test with both sides: do numbers spread evenly over [0, 1]? Quantiles of a forecast
// that is right do, and so do the times of events after the compensator of a point process that is
// right. Pure; thread safe.
//
// Sources: Marsaglia, Tsang and Wang (2003), J. Stat. Software 8(18), for the distribution; Smirnov
// (1944) for its tail; Vrbik (2018) for large samples.

#include <absl/status/statusor.h>
#include <absl/types/span.h>

namespace tremorcast {

// P(D >= distance) for `values` independent uniform numbers, D the largest distance between their
// distribution function and the diagonal. Exact (some 1e-9 relative) up to 1000 values and, where
// values * distance^2 >= 6, beyond; else within 2e-5. NaN: values < 1 or a distance that is NaN.
double KolmogorovTail(double distance, int values);

struct UniformityTest {
  int values = 0;
  double distance = 0;  // in (0, 1]
  double p_value = 1;   // small: they do not spread evenly
};
// InvalidArgument: no values, or one outside [0, 1]. Takes the values for independent.
absl::StatusOr<UniformityTest> TestUniformity(absl::Span<const double> values);

}  // namespace tremorcast
