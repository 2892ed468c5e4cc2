#pragma once

// What a model is worth on a period that it has not seen, and whether the times of the events are
// as it says. Pure; thread safe.
//
// The log likelihood of the events of [begin, end) in the region, given all events before each of
// them, in nats per event; no pair is left out. `total` is that of time and place, `temporal` that
// of the times alone, `spatial` that of the places given the times.

#include <vector>

#include <absl/status/statusor.h>

#include "core/base/time_grid.h"
#include "core/etas/etas_events.h"
#include "core/etas/etas_model.h"
#include "core/significance/kolmogorov_smirnov.h"

namespace tremorcast {

struct EtasScore {
  int events = 0;
  double temporal = 0, spatial = 0, total = 0;  // nats per event
  double expected = 0;                          // events in the period, given each one's past
  // Expected number between one event and the next, from the begin of the period on: independent
  // and exponential with mean 1 where the model is right. `events` of them.
  std::vector<double> waits;
};

// InvalidArgument: a bad model, an empty period. FailedPrecondition: no event of the region in it.
absl::StatusOr<EtasScore> ScoreEtas(const EtasModel& model, const EtasEvents& events, const Interval& period);

// The same for events that come at the even rate of those in `learned` all over the region.
absl::StatusOr<EtasScore> ScorePoisson(const EtasRegion& region, const EtasEvents& events, const Interval& learned,
                                       const Interval& period);

// Do the waits look exponential with mean 1? By Kolmogorov and Smirnov.
absl::StatusOr<UniformityTest> TestWaits(const EtasScore& score);

}  // namespace tremorcast
