#include "core/etas/etas_region.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/core/etas/etas_worlds.h"

namespace tremorcast {
namespace {

std::vector<GeoPoint> Backwards(std::vector<GeoPoint> ring) {
  std::reverse(ring.begin(), ring.end());
  return ring;
}

// As JoinRings (core/network/rings.h) joined them when it left each wound as it was drawn.
std::vector<GeoPoint> JoinedAsDrawn(const std::vector<std::vector<GeoPoint>>& rings) {
  std::vector<GeoPoint> joined = rings.front();
  for (size_t r = 1; r < rings.size(); ++r) {
    joined.push_back(rings.front().front());
    joined.insert(joined.end(), rings[r].begin(), rings[r].end());
    joined.push_back(rings[r].front());
  }
  return joined;
}

double Shares(const EtasRegion& region, const GeoPoint& point) {
  double sum = 0;
  for (const BorderPiece& piece : BorderFrom(region, point)) sum += piece.share;
  return sum;
}

double Inside(const EtasRegion& region, const GeoPoint& point, double zone_km2, double rho) {
  double inside = 0;
  for (const BorderPiece& piece : BorderFrom(region, point)) {
    inside += piece.share * (1 - std::pow(1 + piece.squared_km / zone_km2, -rho));
  }
  return inside;
}

TEST(EtasRegion, AreaOfABoxIsThatOfItsZone) {
  const double zone = std::sin(33 * kRadiansPerDegree) - std::sin(28 * kRadiansPerDegree);
  const double expected = kEtasEarthRadiusKm * kEtasEarthRadiusKm * zone * 6 * kRadiansPerDegree;
  EXPECT_NEAR(EtasRegionOf(BoxPolygon(28, 33, 100, 106)).area_km2 / expected, 1, 1e-12);
  std::vector<GeoPoint> backwards = BoxPolygon(28, 33, 100, 106);
  std::reverse(backwards.begin(), backwards.end());
  EXPECT_NEAR(EtasRegionOf(backwards).area_km2 / expected, 1, 1e-12);
}

TEST(EtasRegion, RefusesWhatHasNoArea) {
  for (std::vector<GeoPoint> polygon :
       {std::vector<GeoPoint>{}, {{0, 0}, {1, 1}}, {{0, 0}, {1, 1}, {0, 0}}, {{0, 0}, {91, 0}, {0, 5}}}) {
    Region region;
    region.id = RegionId("region");
    region.polygon = polygon;
    EXPECT_EQ(MakeEtasRegion(region).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(EtasRegion, RefusesARingThatCrossesItself) {
  Region region;
  region.id = RegionId("region");
  region.polygon = {{0, 0}, {0, 6}, {6, 0}, {5, 6}};
  EXPECT_EQ(MakeEtasRegion(region).status().code(), absl::StatusCode::kInvalidArgument);
}

// Whichever way each ring runs, for databases hold regions as files drew them.
TEST(EtasRegion, HoleAndFurtherPartCountByTheEvenOddRule) {
  const std::vector<GeoPoint> box = BoxPolygon(28, 33, 100, 106), hole = BoxPolygon(29, 31, 102, 104),
                              part = BoxPolygon(29, 30, 107, 108);
  const double expected = EtasRegionOf(box).area_km2 - EtasRegionOf(hole).area_km2 + EtasRegionOf(part).area_km2;
  for (int turns = 0; turns < 8; ++turns) {
    const EtasRegion region =
        EtasRegionOf(JoinedAsDrawn({(turns & 1) != 0 ? Backwards(box) : box, (turns & 2) != 0 ? Backwards(hole) : hole,
                                    (turns & 4) != 0 ? Backwards(part) : part}));
    EXPECT_NEAR(region.area_km2 / expected, 1, 1e-9) << turns;
    for (const GeoPoint& point : {GeoPoint{30, 103}, {28.5, 101}, {32, 103}, {29.5, 107.5}, {30, 106.5}, {20, 103}}) {
      EXPECT_NEAR(Shares(region, point), region.Contains(point) ? 1 : 0, 1e-5)
          << turns << " " << point.latitude_deg << " " << point.longitude_deg;
    }
  }
}

TEST(EtasRegion, MayLieAcrossTheDateLine) {
  const EtasRegion region = EtasRegionOf(BoxPolygon(-20, -10, 170, -170));
  EXPECT_NEAR(region.area_km2 / EtasRegionOf(BoxPolygon(-20, -10, 10, 30)).area_km2, 1, 1e-12);
  for (const GeoPoint& point : {GeoPoint{-15, 175}, {-15, -175}, {-15, -165}, {-15, 165}}) {
    EXPECT_NEAR(Shares(region, point), region.Contains(point) ? 1 : 0, 1e-5) << point.longitude_deg;
  }
}

// Whichever way the ring runs, and for a region with a bay.
TEST(EtasRegion, SharesAddUpToWhetherThePointIsInside) {
  std::vector<GeoPoint> bay = {{0, 0}, {0, 6}, {6, 6}, {3, 3}, {6, 0}};
  for (int turn = 0; turn < 2; ++turn) {
    const EtasRegion region = EtasRegionOf(bay);
    for (const GeoPoint& point : {GeoPoint{1, 3}, {2.5, 3}, {4, 3}, {5, 1}, {-1, 2}, {3, 9}, {3.01, 3}, {2.99, 3}}) {
      double sum = 0;
      for (const BorderPiece& piece : BorderFrom(region, point)) sum += piece.share;
      EXPECT_NEAR(sum, region.Contains(point) ? 1 : 0, 1e-5) << point.latitude_deg << " " << point.longitude_deg;
    }
    std::reverse(bay.begin(), bay.end());
  }
}

// Against adding up small cells, from the middle, a corner's neighbourhood and outside.
TEST(EtasRegion, PartThatFallsInsideIsTheIntegralOverThePolygon) {
  const EtasRegion region = EtasRegionOf(BoxPolygon(28, 30, 100, 102));
  constexpr double kZone = 900, kRho = 0.6, kStep = 0.01;
  for (const GeoPoint& point : {GeoPoint{29.005, 101.005}, {28.105, 100.205}, {27.505, 101.005}, {30.305, 102.405}}) {
    const UnitVector at = ToUnitVector(point);
    double sum = 0;
    for (double latitude = 28 + kStep / 2; latitude < 30; latitude += kStep) {
      for (double longitude = 100 + kStep / 2; longitude < 102; longitude += kStep) {
        const double squared = SquaredDistanceKm2(at, ToUnitVector({latitude, longitude}));
        sum += std::pow(squared + kZone, -1 - kRho) * std::cos(latitude * kRadiansPerDegree);
      }
    }
    const double cell = std::pow(kStep * kRadiansPerDegree * kEtasEarthRadiusKm, 2);
    const double expected = sum * cell * kRho * std::pow(kZone, kRho) / std::numbers::pi;
    EXPECT_NEAR(Inside(region, point, kZone, kRho), expected, 2e-3) << point.latitude_deg;
  }
}

TEST(Sphere, DestinationLiesAtItsDistance) {
  const GeoPoint from{33, 104};
  for (const double distance : {0.5, 50.0, 1500.0, 2500.0, 15000.0}) {
    for (const double bearing : {0.0, 1.0, 3.0, 5.5}) {
      const GeoPoint to = Destination(from, bearing, distance);
      EXPECT_NEAR(std::sqrt(SquaredDistanceKm2(ToUnitVector(from), ToUnitVector(to))) / distance, 1, 1e-6);
      EXPECT_NEAR(std::sqrt(SquaredDistanceKm2(SquaredChordOf(distance))) / distance, 1, 1e-6);
    }
  }
  EXPECT_GT(Destination(from, 0, 100).latitude_deg, 33.5);
  EXPECT_GT(Destination(from, std::numbers::pi / 2, 100).longitude_deg, 104.5);
}

}  // namespace
}  // namespace tremorcast
