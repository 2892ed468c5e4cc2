#include "core/network/rings.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <numbers>
#include <utility>

namespace tremorcast {
namespace {

// The sides of the ring as it runs, without those that are walked there and back.
std::vector<RingSide> SidesOf(const std::vector<GeoPoint>& ring) {
  std::vector<RingSide> sides;
  for (size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
    if (ring[j] == ring[i]) continue;
    const auto back = std::find_if(sides.begin(), sides.end(),
                                   [&](const RingSide& side) { return side.from == ring[i] && side.to == ring[j]; });
    if (back != sides.end()) {
      sides.erase(back);
    } else {
      sides.push_back({ring[j], ring[i]});
    }
  }
  return sides;
}

// Whether the region lies to the left of side k: a ray from its middle leaves the region by an odd
// number of other sides. The ray goes east, and north from a side that runs more east than north.
bool InsideIsLeft(const std::vector<RingSide>& sides, size_t k) {
  const double north = sides[k].to.latitude_deg - sides[k].from.latitude_deg;
  const double east = sides[k].to.longitude_deg - sides[k].from.longitude_deg;
  const bool goes_east = std::abs(north) >= std::abs(east);
  const auto across = [&](const GeoPoint& p) { return goes_east ? p.latitude_deg : p.longitude_deg; };
  const auto along = [&](const GeoPoint& p) { return goes_east ? p.longitude_deg : p.latitude_deg; };
  const double at = (across(sides[k].from) + across(sides[k].to)) / 2;
  const double begin = (along(sides[k].from) + along(sides[k].to)) / 2;
  bool inside = false;
  for (size_t i = 0; i < sides.size(); ++i) {
    const GeoPoint &a = sides[i].from, &b = sides[i].to;
    if (i == k || (across(a) > at) == (across(b) > at)) continue;
    const double crossing = along(a) + (along(b) - along(a)) * (at - across(a)) / (across(b) - across(a));
    if (crossing > begin) inside = !inside;
  }
  return inside == (goes_east ? north < 0 : east > 0);
}

// Turned so that the region lies on the left of each; false where they do not close.
bool TurnSides(std::vector<RingSide>& sides) {
  std::vector<char> left;
  left.reserve(sides.size());
  for (size_t k = 0; k < sides.size(); ++k) left.push_back(InsideIsLeft(sides, k) ? 1 : 0);
  std::map<std::pair<double, double>, int> leaving;  // minus those that arrive
  for (size_t k = 0; k < sides.size(); ++k) {
    if (left[k] == 0) std::swap(sides[k].from, sides[k].to);
    ++leaving[{sides[k].from.latitude_deg, sides[k].from.longitude_deg}];
    --leaving[{sides[k].to.latitude_deg, sides[k].to.longitude_deg}];
  }
  return std::all_of(leaving.begin(), leaving.end(), [](const auto& corner) { return corner.second == 0; });
}

}  // namespace

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

std::vector<RingSide> BorderSides(const std::vector<GeoPoint>& ring) {
  std::vector<RingSide> sides = SidesOf(ring);
  if (!TurnSides(sides)) sides.clear();
  return sides;
}

double TwiceArea(const std::vector<GeoPoint>& ring) {
  const std::vector<RingSide> sides = BorderSides(ring);
  if (sides.empty()) return std::abs(TwiceSignedArea(ring));
  double twice = 0;
  for (const RingSide& side : sides) {
    twice += (side.from.longitude_deg - ring[0].longitude_deg) * (side.to.latitude_deg - ring[0].latitude_deg) -
             (side.from.latitude_deg - ring[0].latitude_deg) * (side.to.longitude_deg - ring[0].longitude_deg);
  }
  return twice;
}

std::vector<std::vector<GeoPoint>> SplitRings(const std::vector<GeoPoint>& ring) {
  std::vector<RingSide> sides = BorderSides(ring);
  std::vector<std::vector<GeoPoint>> rings;
  while (!sides.empty()) {
    std::vector<GeoPoint> walked = {sides.front().from};
    do {
      const auto next =
          std::find_if(sides.begin(), sides.end(), [&](const RingSide& side) { return side.from == walked.back(); });
      const GeoPoint to = next->to;  // there is one: as many sides leave a corner as arrive
      sides.erase(next);
      // Rings may touch in a corner: what lies between two visits of one is a ring of its own.
      const auto before = std::find(walked.begin(), walked.end(), to);
      if (before == walked.end()) {
        walked.push_back(to);
      } else {
        rings.emplace_back(before, walked.end());
        walked.erase(before + 1, walked.end());
      }
    } while (walked.size() > 1);
  }
  return rings;
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
