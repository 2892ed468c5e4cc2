#pragma once

// What core/verification/scores.h takes for granted: its scores index and divide without looking.
// Pure; thread safe.

#include <absl/status/status.h>
#include <absl/types/span.h>

#include "core/verification/scores.h"

namespace tremorcast {

// Call before Summarise or BootstrapGain on rows from outside. InvalidArgument, with the number of
// the first bad row: a class out of range, a probability that is not in [0, 1], a sum that is not 1
// within 1e-6, or probability 0 for the class that came (floor first: FloorAndNormalise). No rows
// are fine.
absl::Status ValidateScoredWeeks(absl::Span<const ScoredWeek> rows);

}  // namespace tremorcast
