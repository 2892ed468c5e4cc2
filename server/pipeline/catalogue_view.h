#pragma once

// Which events count for a region: the catalogues merged by precedence, without mixing worlds. Real
// regions never see simulated events; simulated ones see simulated events alone, where there is a
// simulated catalogue. Pure; thread safe.

#include <string>
#include <vector>

#include <absl/time/time.h>

#include "core/catalogue/completeness.h"
#include "core/catalogue/event.h"

namespace tremorcast {

// Whether a region (simulated or not) is judged by the simulated catalogue: if that is said to be
// complete. `statements`: EventStore::ListCompleteness.
bool UsesSimulatedCatalogue(bool simulated_region, const std::vector<Completeness>& statements);
// The last period in which the catalogues that count are complete for the whole network. Where
// nobody said since when, it begins with the first event inside `regions` that is no stray
// (StartOfCatalogue). Empty when nobody said anything.
Interval CataloguePeriod(bool simulated_catalogue, const std::vector<Completeness>& statements,
                         const std::vector<SeismicEvent>& catalogue, const std::vector<Region>& regions);
std::vector<SeismicEvent> CatalogueFor(bool simulated_catalogue, std::vector<SeismicEvent> events,
                                       const std::vector<std::string>& precedence);

// "<last event time>/<events>/<hash of what they say>", "none" for an empty list.
std::string CatalogueSnapshot(const std::vector<SeismicEvent>& events);

}  // namespace tremorcast
