#include "core/etas/etas_model.h"

#include <cmath>
#include <numbers>

#include "core/base/status_macros.h"

namespace tremorcast {

absl::Status ValidateEtasModel(const EtasModel& model) {
  RETURN_IF_ERROR(ValidateEtasParameters(model.parameters));
  RETURN_IF_ERROR(ValidateMagnitudeLaw(model.magnitudes));
  if (model.region.border.empty() || !(model.region.area_km2 > 0)) {
    return absl::InvalidArgumentError("ETAS: the region has no area");
  }
  if (!(model.location_km >= 0 && std::isfinite(model.location_km))) {
    return absl::InvalidArgumentError("ETAS: places cannot be known to that distance");
  }
  for (const EtasBackground::Kernel& kernel : model.background.kernels) {
    if (!(kernel.sigma_km > 0 && kernel.weight >= 0 && std::isfinite(kernel.weight * kernel.sigma_km))) {
      return absl::InvalidArgumentError("ETAS: a kernel of the background has no width or no weight");
    }
  }
  return absl::OkStatus();
}

EtasSource SourceOf(const EtasModel& model, const GeoPoint& place, double magnitude) {
  const EtasParameters& p = model.parameters;
  const double excess = magnitude - model.magnitudes.lower();
  EtasSource source;
  source.log_productivity = p.LogProductivity(excess);
  source.zone_km2 = p.ZoneKm2(excess);
  double inside = 1;
  if (model.reach == EtasReach::kRegion) {
    inside = 0;
    for (const BorderPiece& piece : BorderFrom(model.region, place)) {
      inside += piece.share * (1 - std::pow(1 + piece.squared_km / source.zone_km2, -p.rho()));
    }
  }
  source.children =
      inside * std::numbers::pi / p.rho() * std::exp(source.log_productivity - p.rho() * std::log(source.zone_km2));
  return source;
}

}  // namespace tremorcast
