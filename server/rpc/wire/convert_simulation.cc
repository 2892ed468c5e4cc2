#include "server/rpc/wire/convert_simulation.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/etas/etas_outlook.h"
#include "server/rpc/wire/convert_time.h"

namespace tremorcast::rpc {
namespace {

void FillEvent(const SimulatedEarthquake& event, absl::Time begin, v1::SimulatedEvent* proto) {
  // Downwards, so that nothing leaves the period.
  const auto micros = static_cast<int64_t>(std::floor(event.day * 86400e6));
  SetTimestamp(begin + absl::Microseconds(micros), proto->mutable_origin_time());
  proto->set_latitude_degrees(event.place.latitude_deg);
  proto->set_longitude_degrees(event.place.longitude_deg);
  proto->set_magnitude(event.magnitude);
}

}  // namespace

SimulationPosition FillSimulationPage(const SimulationPages& pages, SimulationPosition from,
                                      const SimulationLimits& limits, v1::ListSimulatedCataloguesResponse* proto) {
  const auto counts = [&](const SimulatedEarthquake& event) {
    const std::optional<GriddedEvent> bin = BinSimulated(pages.grid, event);
    return bin.has_value() && std::binary_search(pages.cells.begin(), pages.cells.end(), bin->cell);
  };
  int events = 0;
  while (from.index < pages.catalogues && proto->catalogues_size() < limits.catalogues && events < limits.events) {
    v1::SimulatedCatalogue* catalogue = proto->add_catalogues();
    catalogue->set_index(from.index);
    catalogue->set_first_event(static_cast<int32_t>(from.event));
    size_t event = 0;
    for (const SimulatedEarthquake& one : pages.simulator.Simulate(from.index)) {
      if (!counts(one) || event++ < from.event) continue;
      if (events == limits.events) return {from.index, event - 1};
      FillEvent(one, pages.begin, catalogue->add_events());
      ++events;
    }
    from = {from.index + 1, 0};
  }
  return from;
}

}  // namespace tremorcast::rpc
