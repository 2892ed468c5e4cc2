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
  // How well the catalogue knows places: no two events are nearer to each other than this in the
  // likelihood and the score. What is drawn is not blurred by it.
  double location_km = 0;

  double BackgroundPerDay() const { return parameters.mu() * region.area_km2; }
};
// InvalidArgument: as ValidateEtasParameters and ValidateMagnitudeLaw have it, a region that
// MakeEtasRegion did not make, a kernel without width or with a negative weight, a location_km that
// is negative or not finite.
absl::Status ValidateEtasModel(const EtasModel& model);

// The sources of a model, each with what the intensity needs of it.
struct EtasSource {
  double log_productivity = 0;  // as EtasParameters::LogProductivity
  double zone_km2 = 0;          // as EtasParameters::ZoneKm2
  double children = 0;          // in the region, per unit of the integral of the decay in time
};
EtasSource SourceOf(const EtasModel& model, const GeoPoint& place, double magnitude);

}  // namespace tremorcast
