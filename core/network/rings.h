#pragma once

// Polygons as files draw them, as the one ring of a Region. Pure; thread safe.
//
// A region has one ring (Region::polygon) and the even-odd rule, and so has every message, table and
// archived forecast. Longitudes go on beyond 180, up to 540, where the ring crosses the date line.
// Holes and further parts are walked in the same ring, to which an edge leads that is walked there
// and back; such an edge is no boundary.

#include <vector>

#include "core/network/station_network.h"

namespace tremorcast {

// A ring whose neighbouring points are never more than 180 degrees of longitude apart, because where
// they seem to be the ring crosses the date line; its westernmost point lies in [-180, 180).
std::vector<GeoPoint> UnwrapRing(std::vector<GeoPoint> ring);
// Several rings as one: the parts of a region and the holes in them, in any order. `rings` must not
// be empty.
std::vector<GeoPoint> JoinRings(const std::vector<std::vector<GeoPoint>>& rings);

}  // namespace tremorcast
