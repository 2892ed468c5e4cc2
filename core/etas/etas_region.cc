#include "core/etas/etas_region.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/network/rings.h"

namespace tremorcast {
namespace {

constexpr double kWidestPiece = 0.1;  // radians
constexpr int kHalvings = 12;         // of a side that passes close by

struct Sight {
  GeoPoint point;
  double bearing = 0;
  double squared_km = 0;
};

class BorderWalk {
 public:
  explicit BorderWalk(const GeoPoint& from)
      : from_(from),
        at_(ToUnitVector(from)),
        sine_(std::sin(from.latitude_deg * kRadiansPerDegree)),
        cosine_(std::cos(from.latitude_deg * kRadiansPerDegree)) {}

  Sight See(const GeoPoint& point) const {
    const UnitVector to = ToUnitVector(point);
    const double turn = (point.longitude_deg - from_.longitude_deg) * kRadiansPerDegree;
    const double flat = std::cos(point.latitude_deg * kRadiansPerDegree);
    return {point, std::atan2(std::sin(turn) * flat, cosine_ * to.z - sine_ * flat * std::cos(turn)),
            SquaredDistanceKm2(at_, to)};
  }

  void Walk(const Sight& a, const Sight& b, int halvings, std::vector<BorderPiece>& pieces) const {
    const double angle = std::remainder(b.bearing - a.bearing, 2 * std::numbers::pi);
    if (std::abs(angle) > kWidestPiece && halvings > 0) {
      const Sight middle =
          See({(a.point.latitude_deg + b.point.latitude_deg) / 2, (a.point.longitude_deg + b.point.longitude_deg) / 2});
      Walk(a, middle, halvings - 1, pieces);
      Walk(middle, b, halvings - 1, pieces);
      return;
    }
    // Bearings grow with the clock, and from inside the border runs against it.
    pieces.push_back({static_cast<float>(-angle / (2 * std::numbers::pi)),
                      static_cast<float>(std::sqrt(a.squared_km * b.squared_km))});
  }

 private:
  GeoPoint from_;
  UnitVector at_;
  double sine_, cosine_;
};

using Side = EtasRegion::Side;

// Integral of -sin(latitude) over the longitude along the border, which Green makes the area.
double AreaKm2(const std::vector<Side>& border) {
  double sum = 0;
  for (const Side& side : border) {
    const double from = side.from.latitude_deg * kRadiansPerDegree;
    const double to = side.to.latitude_deg * kRadiansPerDegree;
    const double width = (side.to.longitude_deg - side.from.longitude_deg) * kRadiansPerDegree;
    const double mean = std::abs(to - from) < 1e-12 ? std::sin(from) : (std::cos(from) - std::cos(to)) / (to - from);
    sum -= width * mean;
  }
  return sum * kEtasEarthRadiusKm * kEtasEarthRadiusKm;
}

}  // namespace

absl::StatusOr<EtasRegion> MakeEtasRegion(Region shape) {
  std::vector<GeoPoint>& ring = shape.polygon;
  if (ring.size() > 1 && ring.front() == ring.back()) ring.pop_back();
  RETURN_IF_ERROR(ValidateRegion(shape));
  std::vector<Side> border = BorderSides(ring);
  const double area = AreaKm2(border);
  if (!(area > 0)) {
    return absl::InvalidArgumentError(absl::StrCat("ETAS: sides of region ", shape.id.value(),
                                                   " run along each other, so that no inside is to be told"));
  }
  return EtasRegion{std::move(shape), std::move(border), area};
}

std::vector<BorderPiece> BorderFrom(const EtasRegion& region, const GeoPoint& point) {
  const BorderWalk walk(point);
  std::vector<BorderPiece> pieces;
  pieces.reserve(128);
  for (const Side& side : region.border) walk.Walk(walk.See(side.from), walk.See(side.to), kHalvings, pieces);
  return pieces;
}

}  // namespace tremorcast
