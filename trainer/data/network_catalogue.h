#pragma once

// One world of a store: its regions, and its catalogue as it was known at a moment, merged by
// precedence. Simulated and real ones never meet. ReadNetworkCatalogue blocks on the store.

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "core/base/time_grid.h"
#include "core/catalogue/event.h"
#include "core/network/station_network.h"
#include "core/ports/event_store.h"
#include "core/ports/network_store.h"

namespace tremorcast {

// kAuto takes the real station network if there is any real region.
enum class NetworkChoice : int8_t { kAuto, kReal, kSimulated };

struct NetworkCatalogueOptions {
  NetworkChoice network = NetworkChoice::kAuto;
  // The catalogue must be complete this long past a week.
  absl::Duration settling = absl::Hours(48);
  std::vector<std::string> precedence = DefaultCataloguePrecedence();
  // Only what was known then: weeks that had matured, event revisions recorded by then.
  absl::Time as_of = absl::InfiniteFuture();
};

struct NetworkCatalogue {
  std::vector<Region> regions;       // id order
  std::vector<SeismicEvent> events;  // one list, time order; those outside `period` too
  Interval period;                   // whole weeks in which the catalogue is complete and settled
  bool simulated = false;
};

// `now` is not after as_of. FailedPrecondition: no region or no catalogue of that world. Errors of the
// stores.
absl::StatusOr<NetworkCatalogue> ReadNetworkCatalogue(NetworkStore& network, EventStore& events,
                                                      const NetworkCatalogueOptions& options, absl::Time now);

// The part of the period in which the catalogue is complete for which labels are known and settled
// at `now`, whole weeks.
Interval MaturedCatalogue(const Interval& complete, absl::Time now, absl::Duration settling);

}  // namespace tremorcast
