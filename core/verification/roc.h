#pragma once

// Receiver operating characteristic: hit rate against false-alarm rate over all thresholds. Pure;
// thread safe.
//
// It looks at the order of the forecasts only: multiplying every probability by ten changes nothing
// here.
// Source: Mason and Graham (2002), Areas beneath the relative operating characteristics, QJRMS 128.

#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/verification/binary_outcome.h"

namespace tremorcast {

struct RocPoint {
  double threshold = 0;         // alarm where probability >= threshold; infinite for the first point (no alarm)
  double false_alarm_rate = 0;  // alarms among the weeks without an event
  double hit_rate = 0;          // alarms among the weeks with an event
};

struct RocCurve {
  std::vector<RocPoint> points;  // from (0, 0) to (1, 1), one per distinct probability; join them by straight lines
  // Chance that an event week had the higher forecast than a quiet week, ties counted half; 0.5 =
  // no discrimination.
  double area = 0;
};

// InvalidArgument: see ValidateOutcomes. FailedPrecondition: no event or nothing but events.
absl::StatusOr<RocCurve> BuildRocCurve(absl::Span<const BinaryOutcome> outcomes);

}  // namespace tremorcast
