#include "core/network/station_network.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"
#include "core/network/rings.h"

namespace tremorcast {
namespace {

constexpr double kDegreeTolerance = 1e-9;  // a tenth of a millimetre

absl::Status ValidatePoint(absl::string_view what, const GeoPoint& point, double east) {
  if (!(std::abs(point.latitude_deg) <= 90)) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": latitude ", point.latitude_deg, " is not in [-90, 90]"));
  }
  if (!(point.longitude_deg >= -180 && point.longitude_deg <= east)) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": longitude ", point.longitude_deg, " is not in [-180, ", east, "]"));
  }
  return absl::OkStatus();
}

double Cross(const GeoPoint& origin, const GeoPoint& a, const GeoPoint& b) {
  return (a.longitude_deg - origin.longitude_deg) * (b.latitude_deg - origin.latitude_deg) -
         (a.latitude_deg - origin.latitude_deg) * (b.longitude_deg - origin.longitude_deg);
}

bool OnEdge(const GeoPoint& p, const GeoPoint& a, const GeoPoint& b) {
  const double length = std::hypot(b.longitude_deg - a.longitude_deg, b.latitude_deg - a.latitude_deg);
  const auto between = [](double v, double x, double y) {
    return std::min(x, y) - kDegreeTolerance <= v && v <= std::max(x, y) + kDegreeTolerance;
  };
  return std::abs(Cross(a, b, p)) <= kDegreeTolerance * std::max(length, kDegreeTolerance) &&
         between(p.latitude_deg, a.latitude_deg, b.latitude_deg) &&
         between(p.longitude_deg, a.longitude_deg, b.longitude_deg);
}

// Whether the edge from ring[i] is walked the other way somewhere else.
bool IsBridge(const std::vector<GeoPoint>& ring, size_t i) {
  const GeoPoint& a = ring[i];
  const GeoPoint& b = ring[(i + 1) % ring.size()];
  for (size_t j = 0; j < ring.size(); ++j) {
    if (j != i && ring[j] == b && ring[(j + 1) % ring.size()] == a) return true;
  }
  return false;
}

// Whether the edges from ring[i] and ring[j] cross inside both.
bool Cross(const std::vector<GeoPoint>& ring, size_t i, size_t j) {
  const GeoPoint &a = ring[i], &b = ring[(i + 1) % ring.size()], &c = ring[j], &d = ring[(j + 1) % ring.size()];
  return Cross(a, b, c) * Cross(a, b, d) < 0 && Cross(c, d, a) * Cross(c, d, b) < 0;
}

absl::Status ValidateRing(absl::string_view what, const std::vector<GeoPoint>& ring) {
  using Edge = std::pair<std::pair<double, double>, std::pair<double, double>>;
  const auto edge = [&](size_t from, size_t to) {
    return Edge{{ring[from].latitude_deg, ring[from].longitude_deg}, {ring[to].latitude_deg, ring[to].longitude_deg}};
  };
  std::vector<Edge> walked;
  for (size_t i = 0; i < ring.size(); ++i) walked.push_back(edge(i, (i + 1) % ring.size()));
  std::sort(walked.begin(), walked.end());
  std::vector<size_t> edges;  // but for bridges, and for edges without a length, which cross nothing
  for (size_t i = 0; i < ring.size(); ++i) {
    if (!std::binary_search(walked.begin(), walked.end(), edge((i + 1) % ring.size(), i))) edges.push_back(i);
  }
  for (size_t k = 0; k < edges.size(); ++k) {
    for (size_t m = k + 1; m < edges.size(); ++m) {
      if (!Cross(ring, edges[k], edges[m])) continue;
      const GeoPoint &a = ring[edges[k]], &b = ring[edges[m]];
      return absl::InvalidArgumentError(absl::StrCat(what, ": the polygon crosses itself, after the points (",
                                                     a.latitude_deg, ", ", a.longitude_deg, ") and (", b.latitude_deg,
                                                     ", ", b.longitude_deg, ")"));
    }
  }
  return absl::OkStatus();
}

bool RingContains(const std::vector<GeoPoint>& ring, const GeoPoint& point) {
  bool inside = false;
  for (size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
    const GeoPoint& a = ring[i];
    const GeoPoint& b = ring[j];
    if (OnEdge(point, a, b) && !IsBridge(ring, j)) return true;
    if ((a.latitude_deg > point.latitude_deg) == (b.latitude_deg > point.latitude_deg)) continue;
    // From the southern end, so that an edge that is walked both ways is crossed twice at one place.
    const GeoPoint& low = a.latitude_deg < b.latitude_deg ? a : b;
    const GeoPoint& high = a.latitude_deg < b.latitude_deg ? b : a;
    const double crossing = low.longitude_deg + (high.longitude_deg - low.longitude_deg) *
                                                    (point.latitude_deg - low.latitude_deg) /
                                                    (high.latitude_deg - low.latitude_deg);
    if (point.longitude_deg < crossing) inside = !inside;
  }
  return inside;
}

}  // namespace

absl::Status ValidateStation(const Station& station) {
  RETURN_IF_ERROR(ValidateId("station id", station.id.value()));
  const std::string what = absl::StrCat("station ", station.id.value());
  RETURN_IF_ERROR(ValidatePoint(what, station.location, 180));
  if (station.valid_to <= station.valid_from) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": valid_to must be later than valid_from"));
  }
  return absl::OkStatus();
}

absl::Status ValidateRegion(const Region& region) {
  RETURN_IF_ERROR(ValidateId("region id", region.id.value()));
  const std::string what = absl::StrCat("region ", region.id.value());
  if (region.id.value().front() == '_') {
    return absl::InvalidArgumentError(absl::StrCat(what, ": ids that start with '_' are reserved for model scopes"));
  }
  if (region.polygon.size() < 3) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": a polygon needs at least 3 points"));
  }
  if (region.polygon.size() > kMostPolygonPoints) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": a polygon has at most ", kMostPolygonPoints,
                                                   " points, and this one ", region.polygon.size()));
  }
  for (const GeoPoint& point : region.polygon) {
    RETURN_IF_ERROR(ValidatePoint(what, point, 540));
  }
  const auto [west, east] =
      std::minmax_element(region.polygon.begin(), region.polygon.end(),
                          [](const GeoPoint& a, const GeoPoint& b) { return a.longitude_deg < b.longitude_deg; });
  if (east->longitude_deg - west->longitude_deg > 360) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": the polygon goes round the Earth more than once, from ",
                                                   west->longitude_deg, " to ", east->longitude_deg, " degrees"));
  }
  if (region.polygon.front() == region.polygon.back()) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": leave out the repeated first point of the ring"));
  }
  RETURN_IF_ERROR(ValidateRing(what, region.polygon));
  if (TwiceArea(region.polygon) / 2 <= kDegreeTolerance) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": the polygon encloses no area"));
  }
  std::set<StationId> seen;
  for (const StationId& id : region.stations) {
    RETURN_IF_ERROR(ValidateId(absl::StrCat(what, ": station id"), id.value()));
    if (!seen.insert(id).second) {
      return absl::InvalidArgumentError(absl::StrCat(what, ": station ", id.value(), " is listed twice"));
    }
  }
  return absl::OkStatus();
}

bool RegionContains(const Region& region, const GeoPoint& point) {
  const std::vector<GeoPoint>& ring = region.polygon;
  if (ring.empty()) return false;
  if (RingContains(ring, point)) return true;
  const auto beyond = [](const GeoPoint& p) { return p.longitude_deg > 180; };
  if (std::none_of(ring.begin(), ring.end(), beyond)) return false;
  return RingContains(ring, {point.latitude_deg, point.longitude_deg + 360});
}

std::vector<GeoPoint> BoxPolygon(double south, double north, double west, double east) {
  if (west > east) east += 360;
  return {{south, west}, {south, east}, {north, east}, {north, west}};
}

std::vector<Station> EnrolledStations(const Region& region, const std::vector<Station>& stations,
                                      const Interval& period) {
  // A station that moved during the period has two intervals; the later one stands for it.
  std::map<StationId, const Station*> members;
  for (const Station& station : stations) {
    if (!station.enrolled() || !Overlaps({station.valid_from, station.valid_to}, period)) continue;
    const bool member = region.stations.empty() ? RegionContains(region, station.location)
                                                : std::find(region.stations.begin(), region.stations.end(),
                                                            station.id) != region.stations.end();
    if (!member) continue;
    const Station*& slot = members[station.id];
    if (slot == nullptr || slot->valid_from < station.valid_from) slot = &station;
  }
  std::vector<Station> result;
  result.reserve(members.size());
  for (const auto& [id, station] : members) result.push_back(*station);
  return result;
}

}  // namespace tremorcast
