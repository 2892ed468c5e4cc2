#pragma once

// Distances of the ETAS model: great circles on the sphere of 6378.1 km that its parameters speak
// of (DistanceKm of core/catalogue/event.h has the mean radius, 0.1 % less). Points as unit
// vectors, so that a pair costs three products. Pure; thread safe.

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/network/station_network.h"

namespace tremorcast {

inline constexpr double kEtasEarthRadiusKm = 6378.1;
inline constexpr double kRadiansPerDegree = std::numbers::pi / 180;

struct UnitVector {
  double x = 0, y = 0, z = 0;
};

inline UnitVector ToUnitVector(const GeoPoint& point) {
  const double latitude = point.latitude_deg * kRadiansPerDegree;
  const double longitude = point.longitude_deg * kRadiansPerDegree;
  return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude), std::sin(latitude)};
}

// Square of the straight line through the sphere of radius 1.
inline double SquaredChord(const UnitVector& a, const UnitVector& b) {
  const double x = a.x - b.x, y = a.y - b.y, z = a.z - b.z;
  return x * x + y * y + z * z;
}

// Square of the great circle whose squared chord is this, km^2: 4 asin^2(sqrt(chord) / 2) R^2, as a
// series up to 2,000 km (error below 1e-7 of it).
inline double SquaredDistanceKm2(double chord) {
  constexpr double kSquaredRadius = kEtasEarthRadiusKm * kEtasEarthRadiusKm;
  if (chord < 0.1) {
    return kSquaredRadius * chord * (1 + chord * (1.0 / 12 + chord * (1.0 / 90 + chord * (1.0 / 560 + chord / 3150))));
  }
  const double arc = 2 * std::asin(std::min(1.0, std::sqrt(chord) / 2));
  return kSquaredRadius * arc * arc;
}
inline double SquaredDistanceKm2(const UnitVector& a, const UnitVector& b) {
  return SquaredDistanceKm2(SquaredChord(a, b));
}

// The squared chord of a distance.
inline double SquaredChordOf(double distance_km) {
  const double half = std::sin(std::min(distance_km / kEtasEarthRadiusKm, std::numbers::pi) / 2);
  return 4 * half * half;
}

// The point at a distance and a bearing (radians from north to east).
inline GeoPoint Destination(const GeoPoint& from, double bearing, double distance_km) {
  const double arc = distance_km / kEtasEarthRadiusKm;
  const double latitude = from.latitude_deg * kRadiansPerDegree;
  const double sine = std::sin(latitude) * std::cos(arc) + std::cos(latitude) * std::sin(arc) * std::cos(bearing);
  const double east =
      std::atan2(std::sin(bearing) * std::sin(arc) * std::cos(latitude), std::cos(arc) - std::sin(latitude) * sine);
  return {std::asin(std::clamp(sine, -1.0, 1.0)) / kRadiansPerDegree,
          std::remainder(from.longitude_deg + east / kRadiansPerDegree, 360.0)};
}

}  // namespace tremorcast
