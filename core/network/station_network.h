#pragma once

// Stations and regions: the observing network and the areas forecasts speak of.
// Plain values; the functions are pure and thread safe.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "core/base/ids.h"
#include "core/base/time_grid.h"

namespace tremorcast {

struct GeoPoint {
  double latitude_deg = 0;   // [-90, 90], positive north
  double longitude_deg = 0;  // [-180, 180], positive east; in a polygon [-180, 540]
  friend bool operator==(const GeoPoint&, const GeoPoint&) = default;
};

struct Station {
  StationId id;
  std::string title;
  GeoPoint location;
  // Both signals updating: the paper's "working station" (MagnUpdate and SoundUpdate).
  bool magn_updating = true;
  bool sound_updating = true;
  // The station works at this place during [valid_from, valid_to); a move closes one interval and
  // opens another.
  absl::Time valid_from = absl::InfinitePast();
  absl::Time valid_to = absl::InfiniteFuture();
  // Simulated stations: their forecasts carry purpose TEST.
  bool simulated = false;
  int64_t revision = 0;  // set by the store: 1, 2, ...

  bool enrolled() const { return magn_updating && sound_updating; }
  friend bool operator==(const Station&, const Station&) = default;
};

// Whether two edges of a ring cross is asked of each pair of them.
inline constexpr size_t kMostPolygonPoints = 5000;

struct Region {
  RegionId id;
  std::string title;
  // Closed ring without the repeated first point; 3 to kMostPolygonPoints points. By the even-odd
  // rule, boundary inclusive. Longitudes go on beyond 180, up to 540, where it crosses the date line.
  // Holes and further parts are walked in the same ring; an edge that is walked there and back leads
  // to them and is no boundary (core/network/rings.h).
  std::vector<GeoPoint> polygon;
  // Listed members; a station may belong to several regions. Empty: every station inside the
  // polygon.
  std::vector<StationId> stations;
  // The whole observing box: reported apart, never averaged with its parts.
  bool whole_network = false;
  bool simulated = false;
  int64_t revision = 0;

  friend bool operator==(const Region&, const Region&) = default;
};

// InvalidArgument: an id that is none, a place off the globe, or a period of service without a length.
absl::Status ValidateStation(const Station& station);
// InvalidArgument: an id that is none or begins with '_', too few or too many points, a point outside
// latitudes -90 to 90 and longitudes -180 to 540, a first point repeated at the end, edges that cross
// each other, no area, or a member that is no id or is listed twice.
absl::Status ValidateRegion(const Region& region);

// Planar test in degrees by the even-odd rule; a point on an edge or corner is inside, one on an edge
// that is walked both ways is where its surroundings are. `point` has its longitude in [-180, 180]
// and is looked for a turn further east as well.
bool RegionContains(const Region& region, const GeoPoint& point);
// A box as a region polygon, boundary inclusive. Where `west` is the larger longitude it crosses the
// date line.
std::vector<GeoPoint> BoxPolygon(double south, double north, double west, double east);

// Members of `region` that are enrolled and valid throughout some part of `period`, in id order.
std::vector<Station> EnrolledStations(const Region& region, const std::vector<Station>& stations,
                                      const Interval& period);

}  // namespace tremorcast
