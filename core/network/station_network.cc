#include "core/network/station_network.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <set>

#include <absl/strings/str_cat.h>

#include "core/base/status_macros.h"

namespace tremorcast {
namespace {

constexpr double kDegreeTolerance = 1e-9;  // a tenth of a millimetre

absl::Status ValidatePoint(absl::string_view what, const GeoPoint& point) {
  if (!(std::abs(point.latitude_deg) <= 90)) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": latitude ", point.latitude_deg, " is not in [-90, 90]"));
  }
  if (!(std::abs(point.longitude_deg) <= 180)) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": longitude ", point.longitude_deg, " is not in [-180, 180]"));
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

double RingArea(const std::vector<GeoPoint>& ring) {
  double twice = 0;
  for (size_t i = 0; i < ring.size(); ++i) twice += Cross(ring[0], ring[i], ring[(i + 1) % ring.size()]);
  return std::abs(twice) / 2;
}

}  // namespace

absl::Status ValidateStation(const Station& station) {
  RETURN_IF_ERROR(ValidateId("station id", station.id.value()));
  const std::string what = absl::StrCat("station ", station.id.value());
  RETURN_IF_ERROR(ValidatePoint(what, station.location));
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
  for (const GeoPoint& point : region.polygon) {
    RETURN_IF_ERROR(ValidatePoint(what, point));
  }
  if (region.polygon.front() == region.polygon.back()) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": leave out the repeated first point of the ring"));
  }
  if (RingArea(region.polygon) <= kDegreeTolerance) {
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
  bool inside = false;
  const std::vector<GeoPoint>& ring = region.polygon;
  for (size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
    const GeoPoint& a = ring[i];
    const GeoPoint& b = ring[j];
    if (OnEdge(point, a, b)) return true;
    if ((a.latitude_deg > point.latitude_deg) == (b.latitude_deg > point.latitude_deg)) continue;
    const double crossing = a.longitude_deg + (b.longitude_deg - a.longitude_deg) *
                                                  (point.latitude_deg - a.latitude_deg) /
                                                  (b.latitude_deg - a.latitude_deg);
    if (point.longitude_deg < crossing) inside = !inside;
  }
  return inside;
}

std::vector<GeoPoint> BoxPolygon(double south, double north, double west, double east) {
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
