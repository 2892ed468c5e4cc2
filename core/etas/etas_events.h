#pragma once

// A catalogue as the ETAS model reads it: complete events in time order, magnitudes on their bins,
// times as days. Plain values; the function is pure and thread safe.

#include <cstddef>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "core/base/time_grid.h"
#include "core/catalogue/event.h"
#include "core/etas/etas_parameters.h"
#include "core/etas/etas_region.h"
#include "core/etas/sphere.h"

namespace tremorcast {

struct EtasEvents {
  absl::Time day_zero;
  struct Event {
    double day = 0;  // after day_zero
    double magnitude = 0;
    GeoPoint place;
    UnitVector at;
    bool inside = false;  // the region
  };
  std::vector<Event> events;  // by day

  size_t size() const { return events.size(); }
  double DayOf(absl::Time time) const { return absl::ToDoubleSeconds(time - day_zero) / 86400; }
  // The events with day < this come first; how many they are.
  size_t Before(double day) const;
};

// `catalogue` is one list: of several sources make one by MergeCatalogues first, or an earthquake
// that two of them list triggers itself. The events of `period` (day_zero is its begin) whose binned
// magnitude reaches the completeness, inside the region and outside; deleted ones are left out.
EtasEvents SelectEtasEvents(absl::Span<const SeismicEvent> catalogue, const EtasRegion& region, const MagnitudeLaw& law,
                            const Interval& period);

}  // namespace tremorcast
