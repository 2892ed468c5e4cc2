#pragma once

// Is there enough data to speak? (METHOD.md section 6, coverage rule.) Pure functions over windows.

#include <string>
#include <vector>

#include <absl/types/span.h>

#include "core/forecast/forecast.h"
#include "core/network/station_network.h"
#include "core/observation/window.h"

namespace tremorcast {

struct CoveragePolicy {
  double min_slot_fraction = 0.75;     // of the slots of a feature
  double min_feature_fraction = 0.80;  // of the features
  int ok_min_stations = 3;             // region ok at >= max(this, ok_min_fraction * enrolled)
  double ok_min_fraction = 0.50;
  double degraded_min_fraction = 0.25;  // below: insufficient data
  // A sensor is dead when a signal's values are all zero or a stale row repeats: runs of identical
  // rows longer than this count as missing from the first repetition on. Zero-filled rows always
  // count as missing.
  int stale_run_slots = 36;
};

// A copy of `window` in which dead and stale rows are NaN and rows_present counts what is left; key
// and content hash still name the stored window. The same rule in training and serving.
StationWindow MaskDeadSensors(const StationWindow& window, const CoveragePolicy& policy);

// `window` already masked.
bool StationUsable(const StationWindow& window, const CoveragePolicy& policy);

// A region of few stations (enrolled < ok_min_stations) is ok when all enrolled are usable.
ForecastStatus RegionStatus(int usable, int enrolled, const CoveragePolicy& policy);

}  // namespace tremorcast
