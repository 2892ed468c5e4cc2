#include "trainer/data/network_catalogue.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/catalogue/completeness.h"

namespace tremorcast {
namespace {

bool WantSimulated(NetworkChoice choice, const std::vector<Region>& regions) {
  if (choice != NetworkChoice::kAuto) return choice == NetworkChoice::kSimulated;
  return std::none_of(regions.begin(), regions.end(), [](const Region& r) { return !r.simulated; });
}

}  // namespace

absl::StatusOr<NetworkCatalogue> ReadNetworkCatalogue(NetworkStore& network, EventStore& events,
                                                      const NetworkCatalogueOptions& options, absl::Time now) {
  NetworkCatalogue read;
  ASSIGN_OR_RETURN(read.regions, network.ListRegions());
  read.simulated = WantSimulated(options.network, read.regions);
  std::erase_if(read.regions, [&](const Region& region) { return region.simulated != read.simulated; });
  if (read.regions.empty()) {
    return absl::FailedPreconditionError(absl::StrCat("there is no ", read.simulated ? "simulated" : "real",
                                                      " region to train for; import regions first"));
  }
  EventQuery query;
  query.as_of = options.as_of;
  ASSIGN_OR_RETURN(std::vector<SeismicEvent> listed, events.List(query));
  std::erase_if(listed, [&](const SeismicEvent& e) { return (e.source == kSimulatedSource) != read.simulated; });
  ASSIGN_OR_RETURN(const auto statements, events.ListCompleteness(false));
  Interval complete = LastCompletePeriod(statements, read.simulated);
  if (listed.empty() || complete.end == absl::InfinitePast()) {
    return absl::FailedPreconditionError("the catalogue is empty; import events first");
  }
  read.events = MergeCatalogues(std::move(listed), options.precedence);
  if (complete.begin == absl::InfinitePast()) complete.begin = StartOfCatalogue(read.events, read.regions);
  if (complete.empty()) return absl::FailedPreconditionError("the catalogue lists no event inside the regions");
  read.period = MaturedCatalogue(complete, now, options.settling);
  return read;
}

Interval MaturedCatalogue(const Interval& complete, absl::Time now, absl::Duration settling) {
  const WeekGrid& grid = WeekGrid::Service();
  // The week in which the catalogue begins may have begun before it did.
  const absl::Time begin = grid.IsStart(complete.begin) ? complete.begin : grid.Containing(complete.begin).end;
  const absl::Time end = grid.Containing(std::min(complete.end, now) - settling).begin;
  return {begin, std::max(begin, end)};
}

}  // namespace tremorcast
