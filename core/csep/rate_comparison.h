#pragma once

// T- and W-test of CSEP: does forecast A give the observed events more than forecast B? Inputs are
// the rates that each gave the bins where events happened. Pure; thread safe. Agree with pyCSEP.
//
// Source: Rhoades et al. (2011), Efficient testing of earthquake forecasting models, Acta
// Geophysica 59, eq. 17 and 18.

#include <absl/status/statusor.h>
#include <absl/types/span.h>

namespace tremorcast {

struct RatePair {
  absl::Span<const double> rates_a, rates_b;  // one per event: of the bin it fell in; all positive and finite
  double total_a = 0, total_b = 0;            // expected numbers over all bins
};

struct PairedTTest {
  double information_gain = 0;  // nats per event, A over B
  double t_statistic = 0;
  double t_critical = 0;
  double low = 0, high = 0;  // of the gain, at the level asked for
  int degrees_of_freedom = 0;
};
// Gain = (sum ln(a / b) - (total_a - total_b)) / events. `events` is the number of observed events;
// 0 means one per rate, which is the rule. Assumes log ratios that are independent and nearly
// normal. InvalidArgument: sizes differ or are 0, a rate or total that is not positive and finite,
// level not in (0, 1), fewer than 2 events. FailedPrecondition: the log ratios do not vary.
absl::StatusOr<PairedTTest> CompareRatesByT(const RatePair& pair, double level = 0.95, int events = 0);

struct SignedRankTest {
  double z = 0;  // <= 0: of the smaller rank sum
  double two_sided_p = 1;
  int differences = 0;  // other than 0; below 10 the normal approximation is poor
};
// Wilcoxon's signed ranks of values - median, by the normal approximation with correction for ties
// and none for continuity. InvalidArgument: a value that is not finite, or none that differs from
// the median.
absl::StatusOr<SignedRankTest> SignedRank(absl::Span<const double> values, double median);

// SignedRank of ln(a / b) against (total_a - total_b) / events. Errors as above.
absl::StatusOr<SignedRankTest> CompareRatesByW(const RatePair& pair);

}  // namespace tremorcast
