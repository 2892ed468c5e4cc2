#pragma once

// Skill of a region's issued forecasts so far, for people: what was said and what came. Pure;
// thread safe.

#include <optional>
#include <string>
#include <vector>

#include <absl/types/span.h>

#include "core/base/ids.h"
#include "core/forecast/forecast.h"
#include "core/forecast/shadow_forecast.h"

namespace tremorcast {

// A mean in nats per week; the 95 % block-bootstrap interval is absent below 8 weeks.
struct RecordedGain {
  double mean = 0;
  std::optional<double> low, high;
  int weeks = 0;
};

struct TrackRecord {
  RegionId region;
  int weeks_scored = 0;
  int event_weeks = 0;
  // Absent until there is something to average.
  std::optional<RecordedGain> over_climatology;
  std::optional<RecordedGain> over_catalogue;  // over the catalogue-only model, in the weeks it answered
  double log_evidence = 0;                     // e-process: sum ln(p/c); skill is demonstrated at >= ln 20
  std::string sentence;                        // what this amounts to: "no verified weeks yet", ...
  std::vector<Verification> last;              // newest first, at most ten
};

// Of the verifications of `region`; `shadows` may be of any model, those of kCatalogueReference
// count.
TrackRecord BuildTrackRecord(const RegionId& region, std::vector<Verification> verifications,
                             absl::Span<const ShadowForecast> shadows);

}  // namespace tremorcast
