#pragma once

// Which events count for a region: the catalogues merged by precedence, without mixing worlds. Real
// regions never see simulated events; simulated ones see simulated events alone, where there is a
// simulated catalogue. Pure; thread safe.

#include <map>
#include <string>
#include <vector>

#include <absl/time/time.h>

#include "core/catalogue/event.h"

namespace tremorcast {

inline constexpr char kSimulatedSource[] = "simulated";

// Whether a region (simulated or not) is judged by the simulated catalogue. `complete_until`:
// EventStore::CompleteUntil.
bool UsesSimulatedCatalogue(bool simulated_region, const std::map<std::string, absl::Time>& complete_until);
// How far the catalogues that count are complete; InfinitePast when nobody said.
absl::Time CatalogueCompleteUntil(bool simulated_catalogue, const std::map<std::string, absl::Time>& complete_until);
std::vector<SeismicEvent> CatalogueFor(bool simulated_catalogue, std::vector<SeismicEvent> events,
                                       const std::vector<std::string>& precedence);

// "<last event time>/<events>/<hash of what they say>", "none" for an empty list.
std::string CatalogueSnapshot(const std::vector<SeismicEvent>& events);

}  // namespace tremorcast
