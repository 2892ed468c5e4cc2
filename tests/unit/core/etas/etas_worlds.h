#pragma once

// Simulated worlds that the tests of ETAS share: a model whose parameters are known, and catalogues
// out of it.

#include <cstdint>
#include <vector>

#include <absl/time/time.h>

#include "core/etas/etas_events.h"
#include "core/etas/etas_model.h"
#include "core/etas/etas_region.h"

namespace tremorcast {

inline constexpr double kDaysPerYear = 365.25;

absl::Time DayZero();
Interval Days(double begin, double end);

EtasRegion EtasRegionOf(std::vector<GeoPoint> ring);

// The parameters of the published example with a background of `per_year` events in a box of five by
// six degrees, branching ratio 0.78.
EtasModel WorldModel(double per_year = 20);

// Of a box of six degrees across the date line.
EtasModel DateLineModel();

// A model's events of `years` years in which nothing was before, first day DayZero().
EtasEvents WorldEvents(const EtasModel& model, double years, uint64_t seed);

// The same without any event.
EtasEvents NoEvents();

}  // namespace tremorcast
