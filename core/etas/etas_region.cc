#include "core/etas/etas_region.h"

#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include <absl/status/status.h>

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
    pieces.push_back({static_cast<float>(angle / (2 * std::numbers::pi)),
                      static_cast<float>(std::sqrt(a.squared_km * b.squared_km))});
  }

 private:
  GeoPoint from_;
  UnitVector at_;
  double sine_, cosine_;
};

// Twice the area in degrees, positive where the ring runs against the clock, x to the east.
double SignedDegrees(const std::vector<GeoPoint>& ring) {
  double sum = 0;
  for (size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
    sum += ring[j].longitude_deg * ring[i].latitude_deg - ring[i].longitude_deg * ring[j].latitude_deg;
  }
  return sum;
}

// Integral of sin(latitude) over the longitude along the sides, which Green makes the area.
double AreaKm2(const std::vector<GeoPoint>& ring) {
  double sum = 0;
  for (size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
    const double south = ring[j].latitude_deg * kRadiansPerDegree;
    const double north = ring[i].latitude_deg * kRadiansPerDegree;
    const double width = (ring[i].longitude_deg - ring[j].longitude_deg) * kRadiansPerDegree;
    const double mean =
        std::abs(north - south) < 1e-12 ? std::sin(south) : (std::cos(south) - std::cos(north)) / (north - south);
    sum += width * mean;
  }
  return std::abs(sum) * kEtasEarthRadiusKm * kEtasEarthRadiusKm;
}

}  // namespace

absl::StatusOr<EtasRegion> MakeEtasRegion(Region shape) {
  std::vector<GeoPoint>& ring = shape.polygon;
  if (ring.size() > 1 && ring.front() == ring.back()) ring.pop_back();
  for (const GeoPoint& p : ring) {
    if (!(std::abs(p.latitude_deg) <= 90 && std::abs(p.longitude_deg) <= 180)) {
      return absl::InvalidArgumentError("ETAS: a corner of the region is not on the globe");
    }
  }
  const double area = ring.size() >= 3 ? AreaKm2(ring) : 0;
  if (!(area > 0)) return absl::InvalidArgumentError("ETAS: the region has no area");
  return EtasRegion{std::move(shape), area};
}

std::vector<BorderPiece> BorderFrom(const EtasRegion& region, const GeoPoint& point) {
  const BorderWalk walk(point);
  std::vector<BorderPiece> pieces;
  pieces.reserve(128);
  const std::vector<GeoPoint>& ring = region.shape.polygon;
  for (size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
    walk.Walk(walk.See(ring[j]), walk.See(ring[i]), kHalvings, pieces);
  }
  // Bearings grow with the clock.
  if (SignedDegrees(ring) > 0) {
    for (BorderPiece& piece : pieces) piece.share = -piece.share;
  }
  return pieces;
}

}  // namespace tremorcast
