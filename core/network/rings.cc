#include "core/network/rings.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <utility>

namespace tremorcast {

std::vector<GeoPoint> UnwrapRing(std::vector<GeoPoint> ring) {
  const auto beyond = [](const GeoPoint& point) { return !(std::abs(point.longitude_deg) <= 540); };
  if (std::any_of(ring.begin(), ring.end(), beyond)) return ring;
  double west = 180;
  for (size_t i = 0; i < ring.size(); ++i) {
    // By whole turns, so that a longitude in its place keeps every bit.
    const double step = i == 0 ? 0 : ring[i].longitude_deg - ring[i - 1].longitude_deg;
    if (std::abs(step) > 180)
      ring[i].longitude_deg -= std::copysign(360 * std::ceil((std::abs(step) - 180) / 360), step);
    west = i == 0 ? ring[i].longitude_deg : std::min(west, ring[i].longitude_deg);
  }
  const double turns = std::floor((west + 180) / 360);
  for (GeoPoint& point : ring) point.longitude_deg -= 360 * turns;
  return ring;
}

std::vector<GeoPoint> BoxAround(absl::Span<const Region> regions) {
  double south = 90, north = -90, west = 540, east = -180;
  for (const Region& region : regions) {
    for (const GeoPoint& point : region.polygon) {
      south = std::min(south, point.latitude_deg);
      north = std::max(north, point.latitude_deg);
      west = std::min(west, point.longitude_deg);
      east = std::max(east, point.longitude_deg);
    }
  }
  return south < north ? BoxPolygon(south, north, west, east) : std::vector<GeoPoint>();
}

double TwiceSignedArea(const std::vector<GeoPoint>& ring) {
  double twice = 0;
  for (size_t i = 0; i < ring.size(); ++i) {
    const GeoPoint &a = ring[i], &b = ring[(i + 1) % ring.size()];
    twice += (a.longitude_deg - ring[0].longitude_deg) * (b.latitude_deg - ring[0].latitude_deg) -
             (a.latitude_deg - ring[0].latitude_deg) * (b.longitude_deg - ring[0].longitude_deg);
  }
  return twice;
}

std::vector<GeoPoint> JoinRings(std::vector<DrawnRing> rings) {
  std::vector<GeoPoint> joined = rings.front().points;
  const GeoPoint first = joined.front();
  const bool parts_turn_left = TwiceSignedArea(joined) > 0;
  for (size_t r = 1; r < rings.size(); ++r) {
    std::vector<GeoPoint>& points = rings[r].points;
    const bool turns_left = TwiceSignedArea(points) > 0;
    if (turns_left == (rings[r].hole ? parts_turn_left : !parts_turn_left)) {
      std::reverse(points.begin() + 1, points.end());  // it begins where it began
    }
    joined.push_back(first);
    joined.insert(joined.end(), points.begin(), points.end());
    if (points.front() != first) joined.push_back(points.front());  // else it is closed there
  }
  return joined;
}

double DistanceToRegionKm(const Region& region, const GeoPoint& point) {
  if (RegionContains(region, point)) return 0;
  constexpr double kKmPerDegree = 6371.0 * std::numbers::pi / 180;
  const double east_scale = kKmPerDegree * std::cos(point.latitude_deg * std::numbers::pi / 180);
  const auto plane = [&](const GeoPoint& vertex, double turn) {
    return std::pair((vertex.longitude_deg - point.longitude_deg + turn) * east_scale,
                     (vertex.latitude_deg - point.latitude_deg) * kKmPerDegree);
  };
  double nearest = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < region.polygon.size(); ++i) {
    for (const double turn : {-360.0, 0.0, 360.0}) {  // a ring may go on beyond the date line
      const auto [ax, ay] = plane(region.polygon[i], turn);
      const auto [bx, by] = plane(region.polygon[(i + 1) % region.polygon.size()], turn);
      const double dx = bx - ax, dy = by - ay, length2 = dx * dx + dy * dy;
      const double along = length2 > 0 ? std::clamp(-(ax * dx + ay * dy) / length2, 0.0, 1.0) : 0;
      nearest = std::min(nearest, std::hypot(ax + along * dx, ay + along * dy));
    }
  }
  return nearest;
}

}  // namespace tremorcast
