#pragma once

// A fitted ETAS model: everything that a score, a simulation or a file of it needs. Plain value.

#include <absl/status/status.h>

#include "core/etas/etas_background.h"
#include "core/etas/etas_parameters.h"
#include "core/etas/etas_region.h"

namespace tremorcast {

// What an event is expected to add to the region.
enum class EtasReach {
  kRegion,      // the part of its children that falls inside: right near the border and beyond it
  kWholePlane,  // all of its children, as Mizrahi et al. count: to stand beside their program
};

struct EtasModel {
  EtasParameters parameters;
  MagnitudeLaw magnitudes;
  EtasRegion region;
  EtasBackground background;
  EtasReach reach = EtasReach::kRegion;

  double BackgroundPerDay() const { return parameters.mu() * region.area_km2; }
};
// InvalidArgument: as ValidateEtasParameters and ValidateMagnitudeLaw have it, a region without an
// area, a kernel without width or with a negative weight.
absl::Status ValidateEtasModel(const EtasModel& model);

// The sources of a model, each with what the intensity needs of it.
struct EtasSource {
  double log_productivity = 0;  // ln k0 + a (m - m0)
  double zone_km2 = 0;          // d e^(gamma (m - m0))
  double children = 0;          // in the region, per unit of the integral of the decay in time
};
EtasSource SourceOf(const EtasModel& model, const GeoPoint& place, double magnitude);

}  // namespace tremorcast
