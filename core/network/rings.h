#pragma once

// Polygons as files draw them, as the one ring of a Region. Pure; thread safe.
//
// A region has one ring (Region::polygon) and the even-odd rule, and so has every message, table and
// archived forecast. Longitudes go on beyond 180, up to 540, where the ring crosses the date line.
// Holes and further parts are walked in the same ring, to which an edge leads that is walked there
// and back; such an edge is no boundary.

#include <vector>

#include <absl/types/span.h>

#include "core/network/station_network.h"

namespace tremorcast {

// A ring whose neighbouring points are never more than 180 degrees of longitude apart, because where
// they seem to be the ring crosses the date line; its westernmost point lies in [-180, 180). A ring
// with a longitude beyond +-540, which is none, stays as it is, and ValidateRegion refuses it.
std::vector<GeoPoint> UnwrapRing(std::vector<GeoPoint> ring);

// A ring of a polygon, or of one of several: the edge of a part or of a hole in it.
struct DrawnRing {
  std::vector<GeoPoint> points;  // without the repeated first one
  bool hole = false;
};
// Several rings as one, in the order given. Every part is wound as the first one is and every hole
// the other way, however they were drawn, so that their areas add up and holes count against them.
// `rings` must not be empty, nor its rings.
std::vector<GeoPoint> JoinRings(std::vector<DrawnRing> rings);

// A side of a border, walked with the inside on its left.
struct RingSide {
  GeoPoint from, to;
};
// The border of a region's ring: its sides without the ways to holes and further parts, whichever way
// each was drawn; they follow the even-odd rule as RegionContains does. Empty where sides run along
// each other, so that no inside is to be told. Takes the square of the points.
std::vector<RingSide> BorderSides(const std::vector<GeoPoint>& ring);
// The reverse of JoinRings: the edges of parts counter-clockwise, those of holes clockwise, each
// without the repeated first point. Empty as BorderSides.
std::vector<std::vector<GeoPoint>> SplitRings(const std::vector<GeoPoint>& ring);

// Twice the area in square degrees by the even-odd rule, whichever way parts and holes were drawn;
// where no inside is to be told, that of the ring as it is walked.
double TwiceArea(const std::vector<GeoPoint>& ring);

// The smallest box around all of them, from its south-west corner on; empty where they have no extent.
std::vector<GeoPoint> BoxAround(absl::Span<const Region> regions);

// Kilometres from the point to the nearest edge, 0 inside; in the plane that touches the Earth at the
// point, which is good to a per cent for some hundred kilometres.
double DistanceToRegionKm(const Region& region, const GeoPoint& point);

// Twice the area in square degrees, positive if the ring is wound counter-clockwise.
double TwiceSignedArea(const std::vector<GeoPoint>& ring);

}  // namespace tremorcast
