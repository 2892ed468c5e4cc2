#pragma once

// Draws what the catalogue rung says of regions: its simulated catalogues, counted. The catalogues
// of one issue are drawn once for all regions that are asked together, and the last issues are kept,
// since the regions of a network are forecast one after the other.
//
// Thread safe: all of it; one drawing goes on at a time. Blocks for it: seconds for a large
// catalogue. Errors: those of EtasSimulator, and FailedPrecondition for a model of another rung.

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/catalogue/event.h"
#include "core/forecast/forecast.h"
#include "core/network/station_network.h"
#include "server/pipeline/model_host.h"

namespace tremorcast {

// Days. The first two come from as many catalogues as the model asks for; the others, which take far
// more events, from a tenth.
inline constexpr double kShortHorizons[] = {1, 7};
inline constexpr double kLongHorizons[] = {30, 365};

class CatalogueOutlooks {
 public:
  // What `model` says of `region` from `begin` on, given those of `events` (merged, as they were
  // known, by time) before it; `snapshot` is their CatalogueSnapshot. `beside`: regions that are likely to be asked
  // next. Without known_at and complete_until, which the caller knows.
  absl::StatusOr<CatalogueOutlook> Of(const ServedModel& model, const Region& region, absl::Span<const Region> beside,
                                      absl::Time begin, absl::Span<const SeismicEvent> events,
                                      const std::string& snapshot);

 private:
  struct Issue {
    std::string key;  // model, begin, snapshot
    CatalogueOutlook shared;
    std::map<RegionId, std::pair<std::vector<GeoPoint>, std::vector<HorizonOutlook>>> regions;
  };

  absl::Mutex mutex_;
  std::vector<Issue> issues_ ABSL_GUARDED_BY(mutex_);  // newest last
};

}  // namespace tremorcast
