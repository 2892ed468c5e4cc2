#pragma once

// Molchan error diagram: the share of events missed against the share of space and time under
// alarm, over all thresholds, and the area skill score. Pure; thread safe.
//
// Sources: Molchan (1991), Structure of optimal strategies in earthquake prediction, Tectonophysics
// 193; Zechar and Jordan (2008), Testing alarm-based earthquake predictions, GJI 172.

#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/verification/binary_outcome.h"

namespace tremorcast {

struct MolchanPoint {
  double threshold = 0;       // alarm where probability >= threshold; infinite for the first point (no alarm)
  double alarm_fraction = 0;  // of the total measure
  double miss_rate = 0;       // of the events
};

struct MolchanDiagram {
  std::vector<MolchanPoint> points;  // from (0, 1) to (1, 0), one per distinct probability
  // 1 - area below the diagram; 0.5 = alarms at random, 1 = perfect in the limit of rare events.
  double area_skill_trapezoid = 0;  // points joined by straight lines
  double area_skill_step = 0;       // miss rate held at its left value: what a forecaster could really have got; lower
};

// Alarms are measured by BinaryOutcome::measure. InvalidArgument: see ValidateOutcomes.
// FailedPrecondition: no event.
absl::StatusOr<MolchanDiagram> BuildMolchanDiagram(absl::Span<const BinaryOutcome> outcomes);

}  // namespace tremorcast
