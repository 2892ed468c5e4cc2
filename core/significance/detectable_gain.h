#pragma once

// What a test could have seen: the information gain that its interval finds with a stated chance.
// Pure; deterministic for a seed; blocks for some tenths of a second.
//
// The half-width of the interval is not it: a gain of that size is found one time in two, and less
// often by weak forecasts, whose gains are skewed. So tests are simulated from the reference: in
// each region-week a better forecaster knows the chance p of an event, logit p = a + s z with z
// standard normal and a such that the mean of p is the reference's c; the event is drawn from p, and
// the test is the one that is reported, BootstrapMean over the weeks of ln(p_y / c_y). s is raised
// until the lower end lies above 0 as often as asked.

#include <cstdint>

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/verification/scores.h"

namespace tremorcast {

// One region-week of the test: what the reference says of P(class >= 1), in (0, 1).
struct ReferenceWeek {
  absl::Time week;
  double event_probability = 0;
};

struct DetectableGainOptions {
  int min_events = 0;     // a test with fewer event region-weeks finds nothing, whatever its interval
  double power = 0.8;     // chance of finding the gain, in (0, 1)
  int simulations = 400;  // tests per strength; the error of the chance is about .02
  int replicates = 500;   // of each simulated test's bootstrap
  uint64_t seed = 1;
};

// Nats per region-week. `bootstrap` is the reported test's. InvalidArgument: no weeks, a probability
// outside (0, 1), options out of range, errors of BootstrapMean. FailedPrecondition: not even a
// forecast that nearly always knows would be found that often (too few weeks or events).
absl::StatusOr<double> DetectableGain(absl::Span<const ReferenceWeek> weeks, const BootstrapOptions& bootstrap,
                                      const DetectableGainOptions& options = {});

// How often the test finds a forecaster of spread s >= 0, and that forecaster's expected gain. 0 has
// no gain: how often the test claims one is its error. Errors as above.
struct GainPower {
  double gain = 0;
  double power = 0;
};
absl::StatusOr<GainPower> PowerAtSpread(absl::Span<const ReferenceWeek> weeks, double spread,
                                        const BootstrapOptions& bootstrap, const DetectableGainOptions& options = {});

}  // namespace tremorcast
