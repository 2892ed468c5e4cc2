#pragma once

// Gambling score: what a forecaster wins from a house that pays fair odds under the reference.
// Points; the fair expectation is 0. Pure; thread safe.
//
// It is not proper: whoever believes q > c wins most on average by betting everything. Report it,
// never select on it. Sources: Zhuang (2010), Gambling scores for earthquake predictions and
// forecasts, GJI 181.

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/catalogue/labels.h"
#include "core/verification/scores.h"

namespace tremorcast {

// One point spread over the classes as p: p_y / c_y - 1. InvalidArgument: y out of range, p_y not
// in [0, 1], c_y not in (0, 1].
absl::StatusOr<double> GamblingReturn(const ClassProbabilities& p, const ClassProbabilities& reference,
                                      int observed_class);

// One point on yes (alarm) or no, when the reference gives the event `reference_probability`: a
// right yes wins (1 - c) / c, a right no c / (1 - c), a wrong bet loses the point. InvalidArgument:
// the probability is not in (0, 1).
absl::StatusOr<double> AlarmGamblingReturn(bool alarm, bool event, double reference_probability);

struct GamblingScore {
  double total = 0;
  double mean = 0;  // per region-week
};
// InvalidArgument: no rows, or as above.
absl::StatusOr<GamblingScore> ScoreByGambling(absl::Span<const ScoredWeek> rows);

}  // namespace tremorcast
