#pragma once

// Yes-no forecasts: the form in which reliability, ROC, Molchan and alarm scores take a forecast of
// P(M >= edge).
// Plain values; the functions are pure and thread safe.

#include <cstdint>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/types/span.h>

#include "core/catalogue/labels.h"
#include "core/verification/scores.h"

namespace tremorcast {

struct BinaryOutcome {
  double probability = 0;  // of the event, [0, 1]
  bool event = false;
  // How much of space and time the row stands for, any positive unit. Only the Molchan diagram
  // looks at it: 1 measures alarms by region-weeks, the climatological probability measures them by
  // what was to be expected anyway.
  double measure = 1;
};

// P(class >= k) of each row against whether it came, k in 1..4. Probabilities are rounded to 1e-12,
// so that 0.1 + 0.06 is a tie with 0.16 and passes a threshold of 0.16. `which` may be
// &ScoredWeek::reference. InvalidArgument: k out of range, an observed class out of range, a
// probability that is not one.
absl::StatusOr<std::vector<BinaryOutcome>> ExceedanceOutcomes(
    absl::Span<const ScoredWeek> rows, int k, ClassProbabilities ScoredWeek::*which = &ScoredWeek::forecast);

// InvalidArgument, starting with `what`: no outcomes, a probability outside [0, 1] or NaN, a
// measure that is not positive and finite.
absl::Status ValidateOutcomes(absl::string_view what, absl::Span<const BinaryOutcome> outcomes);

// All outcomes of one probability: what a threshold takes or leaves together.
struct OutcomeGroup {
  double probability = 0;
  int64_t count = 0;
  int64_t events = 0;
  double measure = 0;
};
// Probabilities descending, each once. The outcomes must be valid.
std::vector<OutcomeGroup> GroupByProbability(absl::Span<const BinaryOutcome> outcomes);

}  // namespace tremorcast
