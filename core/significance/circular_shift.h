#pragma once

// The circular-shift null: the gain that the same forecasts have with the outcomes of other weeks.
// Outcomes of all regions are shifted together in time, so that their clustering in time and across
// regions stays, and only the tie between a forecast and its own week is cut. A small p says that
// the forecasts belong to their weeks, not that they beat the reference: that is for the gain to
// say. Pure; thread safe.

#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/catalogue/labels.h"

namespace tremorcast {

inline constexpr int kMinShiftWeeks = 4;

// One region, week by week; all regions cover the same weeks without a gap. A week on which the
// model abstained carries its fallback. The reference should be climatology: one that follows
// recent events loses its own skill in the shift.
struct RegionSeries {
  std::vector<ClassProbabilities> forecasts;
  std::vector<ClassProbabilities> references;
  std::vector<int> observed;
};

struct ShiftNull {
  double gain = 0;                    // mean ln(p_y / c_y) over region-weeks, nats
  std::vector<double> shifted_gains;  // for shifts min_shift, ..., weeks - min_shift
  // (1 + number of shifts with a gain at least as large) / (1 + shifts). Never below 1 / (1 +
  // shifts).
  double p_value = 1;
};

// InvalidArgument: no region, lengths that differ, a class out of range, p_y or c_y not in (0, 1]
// (floor first), or min_shift < 1. FailedPrecondition: fewer than 2 * min_shift weeks, so that no
// shift is left.
absl::StatusOr<ShiftNull> CircularShiftNull(absl::Span<const RegionSeries> regions, int min_shift = kMinShiftWeeks);

}  // namespace tremorcast
