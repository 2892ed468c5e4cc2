#pragma once

// A simulator's network put into stores the way the service gets it: stations, regions and events
// written, every row ingested as BACKFILL in one batch per station and week, every week sealed.
// Works on the real stores and on the fakes.

#include <absl/status/status.h>

#include "core/ports/event_store.h"
#include "core/ports/network_store.h"
#include "core/ports/observation_store.h"
#include "core/ports/window_store.h"
#include "core/simulator/simulator.h"

namespace tremorcast {

struct SimulatedTargets {
  ObservationStore& observations;
  WindowStore& windows;
  NetworkStore& network;
  EventStore& events;
};

// The catalogue is complete until the end of the label week of the last input week plus `settled`.
absl::Status LoadSimulatedNetwork(const Simulator& simulator, const SimulatedTargets& targets,
                                  absl::Duration settled = absl::Hours(72));

// One station and one week only, without sealing.
absl::Status IngestStationWeek(const Simulator& simulator, int station, int week, ObservationStore& observations);

}  // namespace tremorcast
