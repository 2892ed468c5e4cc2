#include "core/network/rings.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace tremorcast {

std::vector<GeoPoint> UnwrapRing(std::vector<GeoPoint> ring) {
  double west = 180;
  for (size_t i = 0; i < ring.size(); ++i) {
    // By whole turns, so that a longitude in its place keeps every bit.
    while (i > 0 && ring[i].longitude_deg - ring[i - 1].longitude_deg > 180) ring[i].longitude_deg -= 360;
    while (i > 0 && ring[i].longitude_deg - ring[i - 1].longitude_deg < -180) ring[i].longitude_deg += 360;
    west = i == 0 ? ring[i].longitude_deg : std::min(west, ring[i].longitude_deg);
  }
  const double turns = std::floor((west + 180) / 360);
  for (GeoPoint& point : ring) point.longitude_deg -= 360 * turns;
  return ring;
}

std::vector<GeoPoint> JoinRings(const std::vector<std::vector<GeoPoint>>& rings) {
  std::vector<GeoPoint> joined = rings.front();
  const GeoPoint first = joined.front();
  for (size_t r = 1; r < rings.size(); ++r) {
    joined.push_back(first);
    joined.insert(joined.end(), rings[r].begin(), rings[r].end());
    joined.push_back(rings[r].front());
  }
  return joined;
}

}  // namespace tremorcast
