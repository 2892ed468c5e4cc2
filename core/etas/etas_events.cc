#include "core/etas/etas_events.h"

#include <algorithm>

namespace tremorcast {

size_t EtasEvents::Before(double day) const {
  return static_cast<size_t>(std::lower_bound(events.begin(), events.end(), day,
                                              [](const Event& event, double at) { return event.day < at; }) -
                             events.begin());
}

EtasEvents SelectEtasEvents(absl::Span<const SeismicEvent> catalogue, const EtasRegion& region, const MagnitudeLaw& law,
                            const Interval& period) {
  EtasEvents selected;
  selected.day_zero = period.begin;
  for (const SeismicEvent& event : catalogue) {
    const double magnitude = law.Binned(event.magnitude);
    if (event.deleted || !period.Contains(event.origin_time) || !(magnitude > law.completeness - 1e-6)) continue;
    selected.events.push_back({selected.DayOf(event.origin_time), magnitude, event.epicenter,
                               ToUnitVector(event.epicenter), region.Contains(event.epicenter)});
  }
  std::stable_sort(selected.events.begin(), selected.events.end(),
                   [](const EtasEvents::Event& a, const EtasEvents::Event& b) { return a.day < b.day; });
  return selected;
}

}  // namespace tremorcast
