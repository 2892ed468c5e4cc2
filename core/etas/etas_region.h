#pragma once

// The region of an ETAS model: the polygon whose events are explained. How large it is, and how
// much of what spreads around a point falls into it. Pure; thread safe.

#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "core/etas/sphere.h"
#include "core/network/rings.h"
#include "core/network/station_network.h"

namespace tremorcast {

struct EtasRegion {
  using Side = RingSide;

  Region shape;              // only its polygon counts; no pole inside
  std::vector<Side> border;  // BorderSides of the polygon
  double area_km2 = 0;

  bool Contains(const GeoPoint& point) const { return RegionContains(shape, point); }
};
// With the border, and the area on the sphere of 6378.1 km between straight sides in degrees. The
// first point may be repeated at the end. InvalidArgument: as ValidateRegion has it, or sides that
// run along each other so that no inside is to be told.
absl::StatusOr<EtasRegion> MakeEtasRegion(Region shape);

// A polygon as seen from a point: the border in short pieces, each with the share of the circle
// that it takes up (negative where the border runs backwards) and its squared distance. The shares
// add up to 1 from inside and to 0 from outside, so for what spreads evenly into all directions
//   sum of share * (part that stays within that distance)
// is the part that falls into the polygon (Ogata, 1998).
struct BorderPiece {
  float share = 0;
  float squared_km = 0;
};
std::vector<BorderPiece> BorderFrom(const EtasRegion& region, const GeoPoint& point);

}  // namespace tremorcast
