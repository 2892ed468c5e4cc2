#pragma once

// Which events count for a region: the catalogues merged by precedence, without mixing worlds. Real regions never see
// simulated events; simulated ones see simulated events alone, where there are any. Pure; thread safe.

#include <string>
#include <vector>

#include "absl/time/time.h"

#include "core/event.h"

namespace tremorcast {

bool IsSimulatedSource(const SeismicEvent& event);
std::vector<SeismicEvent> CatalogueFor(bool simulated, std::vector<SeismicEvent> events,
                                       const std::vector<std::string>& precedence);

// "<last event time>/<events>/<hash of what they say>", "none" for an empty list.
std::string CatalogueSnapshot(const std::vector<SeismicEvent>& events);

}  // namespace tremorcast
