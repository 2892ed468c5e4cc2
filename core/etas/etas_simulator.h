#pragma once

// Draws catalogues of what may come: the background, the children of all events before, and the
// children of children to the last generation, wherever they fall. Immutable after Create; thread
// safe.
//
// Catalogue `index` is a function of (model, past, begin, days, seed, index) alone, whichever
// thread draws it and whatever was drawn before, so a forecast can be drawn in slices.

#include <cstdint>
#include <vector>

#include <absl/status/statusor.h>

#include "core/base/random.h"
#include "core/etas/etas_events.h"
#include "core/etas/etas_model.h"
#include "core/etas/tapered_omori.h"

namespace tremorcast {

struct SimulatedEarthquake {
  double day = 0;  // after the begin of the forecast
  GeoPoint place;
  double magnitude = 0;    // on its bin
  int32_t generation = 0;  // 0: background, 1: child of one or of an event before the begin, ...
};

class EtasSimulator {
 public:
  // Of [begin, begin + days), given the events of `past` before `begin` (days of `past`).
  // InvalidArgument: a bad model, days not in (0, 1e6], more than 1e7 events expected in a
  // catalogue. FailedPrecondition: a branching ratio that is not below 1.
  static absl::StatusOr<EtasSimulator> Create(EtasModel model, const EtasEvents& past, double begin, double days,
                                              uint64_t seed);

  // By day; index >= 0.
  std::vector<SimulatedEarthquake> Simulate(int64_t index) const;

  const EtasModel& model() const { return model_; }
  double days() const { return days_; }
  // Mean numbers: of the background, and of the children of the events before.
  double expected_background() const { return model_.BackgroundPerDay() * days_; }
  double expected_children() const { return children_.empty() ? 0 : children_.back(); }

 private:
  struct Source {
    GeoPoint place;
    double magnitude = 0;
    double begin = 0, end = 0;     // days from it to the forecast's begin and end
    double before = 0, share = 0;  // of the decay in time: before the forecast, and within
  };

  EtasSimulator(EtasModel model, double days, uint64_t seed);
  // Children of an event over the whole plane, per unit of the decay's integral.
  double ChildrenPerDecay(double magnitude) const;
  GeoPoint BackgroundPlace(RandomStream& random) const;
  void AddChild(const GeoPoint& place, double magnitude, double day, int32_t generation, RandomStream& random,
                std::vector<SimulatedEarthquake>& catalogue) const;

  EtasModel model_;
  TaperedOmori decay_;
  double days_;
  uint64_t seed_;
  double per_decay_;  // ChildrenPerDecay at m0
  std::vector<Source> sources_;
  std::vector<double> children_;     // cumulated expected children of the sources
  std::vector<double> kernel_mass_;  // cumulated mass of the background's kernels in the region
  double south_, north_, west_, east_;
};

}  // namespace tremorcast
