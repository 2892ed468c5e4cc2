#pragma once

// Simulated catalogues, page by page. A page is drawn for itself, since a catalogue is a function of
// the simulator and its index alone: nobody keeps anything between two pages, however slow their
// reader is. Pure; thread safe.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <absl/time/time.h>

#include "core/csep/catalogue_forecast.h"
#include "core/etas/etas_simulator.h"
#include "tremorcast/v1/forecast_service.pb.h"

namespace tremorcast::rpc {

struct SimulationPages {
  const EtasSimulator& simulator;
  int64_t catalogues = 0;
  absl::Time begin;                // of the simulated period
  const SpaceMagnitudeGrid& grid;  // events from its first edge on
  std::vector<int32_t> cells;      // that events are listed of, ascending
};
// Where a page begins: so many events of a catalogue were in the page before.
struct SimulationPosition {
  int64_t index = 0;
  size_t event = 0;
};
struct SimulationLimits {
  int catalogues = 0, events = 0;  // of a page, at least one
};
// Adds catalogues and gives where the next page begins: at `catalogues` when this one was the last.
SimulationPosition FillSimulationPage(const SimulationPages& pages, SimulationPosition from,
                                      const SimulationLimits& limits, v1::ListSimulatedCataloguesResponse* proto);

}  // namespace tremorcast::rpc
