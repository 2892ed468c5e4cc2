#pragma once

// Alarms at one threshold against what came: the two-by-two table and the scores people quote from
// it. Pure; thread safe. The threshold must have been chosen before the weeks it is scored on.
//
// Sources: Peirce (1884; also spelled Pierce) for hit rate minus false-alarm rate; Xu (1989) for
// the R-score of Chinese practice, hit rate minus alarmed fraction.

#include <cstdint>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/verification/binary_outcome.h"

namespace tremorcast {

struct AlarmTable {
  int64_t hits = 0;          // alarm and event
  int64_t false_alarms = 0;  // alarm, no event
  int64_t misses = 0;        // event without alarm
  int64_t quiet = 0;         // neither
  friend bool operator==(const AlarmTable&, const AlarmTable&) = default;
};

// Alarm where probability >= threshold. InvalidArgument: see ValidateOutcomes, or a NaN threshold.
absl::StatusOr<AlarmTable> CountAlarms(absl::Span<const BinaryOutcome> outcomes, double threshold);

// Both lie in [-1, 1]; 0 for alarms at random, always or never. FailedPrecondition: no event week
// (both) or no quiet week (Pierce). InvalidArgument: a negative count.
absl::StatusOr<double> PierceScore(const AlarmTable& table);
absl::StatusOr<double> RScore(const AlarmTable& table);

}  // namespace tremorcast
