#pragma once

// Skill of a region's issued forecasts so far, for people: what was said and what came. Pure;
// thread safe.

#include <string>
#include <vector>

#include <absl/types/span.h>

#include "core/base/ids.h"
#include "core/forecast/forecast.h"
#include "core/forecast/shadow_forecast.h"
#include "core/network/station_network.h"
#include "core/skill/rung_record.h"
#include "core/skill/verified_record.h"

namespace tremorcast {

// looked_at counts regions.
struct TrackRecord : VerifiedRecord {
  RegionId region;
  double log_evidence = 0;         // over climatology; skill needs log_evidence_needed(), over each reference
  std::string sentence;            // what this amounts to: "no verified weeks yet", ...
  std::vector<Verification> last;  // newest first, at most ten
  std::vector<RungRecord> rungs;   // of each rung, daily issues apart
};

// How many regions readers look at beside `region`, itself included: those of its world, real or
// simulated.
int RegionsLookedAt(absl::Span<const Region> regions, const RegionId& region);

// Of the verifications of `region`; `shadows` may be of any model, those of kCatalogueReference and
// of the twin of the model that issued count. A twin that did not answer beside an issued forecast
// leaves that week out of the gain over it.
TrackRecord BuildTrackRecord(const RegionId& region, std::vector<Verification> verifications,
                             absl::Span<const ShadowForecast> shadows, int regions_looked_at);

}  // namespace tremorcast
