#pragma once

// Fits an ETAS model to a catalogue: the parameters of greatest likelihood, the background, and how
// sure they are. Pure; thread safe; takes seconds for some thousand events (docs/BENCHMARKS.md),
// on the thread that calls.
//
// Each round takes the triggering probabilities p_ij (the E step) and then one scoring step, the
// slope divided by the information (docs/decisions/0032), damped so that the likelihood never
// falls. The background is the independence probabilities as adaptive kernels, renewed between
// fits until they stay. Standard errors are those of the curvature at the peak, the background
// taken as known.
//
// Sources: Veen and Schoenberg (2008), JASA 103, for EM; Lange (1995), JRSS B 57, for one Newton
// step in place of its M step; Zhuang, Ogata and Vere-Jones (2002), JASA 97, for the background.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "core/base/time_grid.h"
#include "core/etas/etas_events.h"
#include "core/etas/etas_likelihood.h"
#include "core/etas/etas_model.h"

namespace tremorcast {

enum class EtasBackgroundKind {
  kUniform,  // to compare with others
  kKernels,  // where events were: what serves
};

struct EtasFitOptions {
  EtasParameters start;
  EtasBackgroundKind background = EtasBackgroundKind::kKernels;
  KernelOptions kernels;
  EtasReach reach = EtasReach::kRegion;
  double rupture_lengths = 300;  // as EtasLikelihood; fewer are faster and bias a and rho upwards
  // Becomes the model's location_km. Where the catalogue rounds places, events of a swarm share one
  // place, and without this the likelihood grows without end as d falls.
  double location_km = 0;
  int least_targets = 100;
  int most_rounds = 300;  // of scoring, for one background
  int most_backgrounds = 50;
  // By the place in EtasVector: true where a parameter stays at its start.
  std::array<bool, kEtasParameters> fixed = {};
};

struct EtasFit {
  EtasModel model;
  // Why the model must not serve; empty where it may. The rest is filled as far as the fit came.
  std::string refusal;
  bool accepted() const { return refusal.empty(); }

  EtasVector standard_errors = {};  // 0 where fixed
  EtasMatrix covariance = {};
  double log_likelihood = 0;
  double branching_ratio = 0;
  double background_events = 0;  // n: the targets that no event triggered, as expected
  int targets = 0, sources = 0;
  int64_t pairs = 0;
  int rounds = 0;                    // passes over the pairs, all backgrounds together
  int backgrounds = 0;               // how often the kernels were renewed
  std::vector<double> independence;  // of the targets, by time
};

// Targets are the events of `targets` in the region, sources all events up to its end, those before
// it and those outside included. `events` was selected with `law` and this region. InvalidArgument:
// a bad start, law or option, an empty period.
//
// Refused with the reason: fewer targets than least_targets; a parameter on its bound; a branching
// ratio that is not below 1; no peak found, or a background that does not stay; a curvature that is
// not that of a peak.
absl::StatusOr<EtasFit> FitEtas(const EtasEvents& events, const EtasRegion& region, const MagnitudeLaw& law,
                                const Interval& targets, const EtasFitOptions& options);

}  // namespace tremorcast
