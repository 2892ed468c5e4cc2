#pragma once

// Stations and regions: the observing network and the areas forecasts speak of.
// Plain values; the functions are pure and thread safe.

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
  double longitude_deg = 0;  // [-180, 180], positive east
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

struct Region {
  RegionId id;
  std::string title;
  // Closed ring without the repeated first point; at least 3 points. Boundary inclusive.
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

absl::Status ValidateStation(const Station& station);
absl::Status ValidateRegion(const Region& region);

// Planar test in degrees; a point on an edge or corner is inside.
bool RegionContains(const Region& region, const GeoPoint& point);
// A box as a region polygon, boundary inclusive.
std::vector<GeoPoint> BoxPolygon(double south, double north, double west, double east);

// Members of `region` that are enrolled and valid throughout some part of `period`, in id order.
std::vector<Station> EnrolledStations(const Region& region, const std::vector<Station>& stations,
                                      const Interval& period);

}  // namespace tremorcast
