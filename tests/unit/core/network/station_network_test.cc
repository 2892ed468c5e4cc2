#include "core/network/station_network.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/catalogue/event.h"
#include "core/network/rings.h"

namespace tremorcast {
namespace {

Station MakeStation(const std::string& id, double latitude, double longitude) {
  Station station;
  station.id = StationId(id);
  station.location = {latitude, longitude};
  return station;
}

Region Box() {
  Region region;
  region.id = RegionId("box");
  region.polygon = BoxPolygon(22, 26, 101, 104);
  return region;
}

const Interval kWeek = {absl::FromUnixSeconds(0), absl::FromUnixSeconds(7 * 86400)};

TEST(RegionContainsTest, CountsEdgesAndCornersOfABoxAsInside) {
  const Region box = Box();
  for (const GeoPoint& p : {GeoPoint{22, 101},
                            {26, 104},
                            {22, 104},
                            {26, 101},
                            {24, 101},
                            {24, 104},
                            {22, 102.5},
                            {26, 103.3},
                            {24, 102}}) {
    EXPECT_TRUE(RegionContains(box, p)) << p.latitude_deg << " " << p.longitude_deg;
  }
  for (const GeoPoint& p :
       {GeoPoint{21.99, 102}, {26.01, 102}, {24, 100.99}, {24, 104.01}, {26, 104.01}, {22, 100.5}}) {
    EXPECT_FALSE(RegionContains(box, p)) << p.latitude_deg << " " << p.longitude_deg;
  }
}

TEST(RegionContainsTest, FollowsAConcavePolygon) {
  Region region;
  region.polygon = {{0, 0}, {0, 4}, {4, 4}, {1, 2}, {4, 0}};  // a notch from the north
  EXPECT_TRUE(RegionContains(region, {0.5, 2}));
  EXPECT_TRUE(RegionContains(region, {1, 2}));
  EXPECT_FALSE(RegionContains(region, {3, 2}));
  EXPECT_TRUE(RegionContains(region, {3, 0.5}));
  EXPECT_FALSE(RegionContains(region, {1, -1}));  // level with a vertex, outside
}

TEST(EnrolledStationsTest, NeedsBothSignalsPlaceAndTime) {
  std::vector<Station> stations = {MakeStation("9", 24, 102), MakeStation("10", 25, 103), MakeStation("away", 30, 102)};
  stations.push_back(MakeStation("deaf", 24, 102));
  stations.back().sound_updating = false;
  stations.push_back(MakeStation("closed", 24, 102));
  stations.back().valid_to = kWeek.begin;
  stations.push_back(MakeStation("new", 24, 102));
  stations.back().valid_from = kWeek.end - kSlotLength;
  const std::vector<Station> enrolled = EnrolledStations(Box(), stations, kWeek);
  ASSERT_EQ(enrolled.size(), 3u);
  EXPECT_EQ(enrolled[0].id, StationId("10"));
  EXPECT_EQ(enrolled[1].id, StationId("9"));
  EXPECT_EQ(enrolled[2].id, StationId("new"));
}

TEST(EnrolledStationsTest, AListGoesBeforeThePolygon) {
  Region region = Box();
  region.stations = {StationId("away")};
  const std::vector<Station> enrolled =
      EnrolledStations(region, {MakeStation("9", 24, 102), MakeStation("away", 30, 102)}, kWeek);
  ASSERT_EQ(enrolled.size(), 1u);
  EXPECT_EQ(enrolled[0].id, StationId("away"));
}

TEST(EnrolledStationsTest, AMovedStationCountsOnce) {
  Station before = MakeStation("9", 24, 102);
  before.valid_to = kWeek.begin + absl::Hours(24);
  Station after = MakeStation("9", 25, 103);
  after.valid_from = before.valid_to;
  const std::vector<Station> enrolled = EnrolledStations(Box(), {after, before}, kWeek);
  ASSERT_EQ(enrolled.size(), 1u);
  EXPECT_EQ(enrolled[0].location, after.location);
}

TEST(ValidateStationTest, RefusesImpossiblePlacesAndTimes) {
  EXPECT_TRUE(ValidateStation(MakeStation("9", 24, 102)).ok());
  EXPECT_FALSE(ValidateStation(MakeStation("", 24, 102)).ok());
  EXPECT_FALSE(ValidateStation(MakeStation("9", 90.5, 102)).ok());
  EXPECT_FALSE(ValidateStation(MakeStation("9", 24, 181)).ok());
  EXPECT_FALSE(ValidateStation(MakeStation("9", std::numeric_limits<double>::quiet_NaN(), 102)).ok());
  Station backwards = MakeStation("9", 24, 102);
  backwards.valid_from = backwards.valid_to = absl::UnixEpoch();
  EXPECT_FALSE(ValidateStation(backwards).ok());
}

TEST(ValidateRegionTest, TakesFiveThousandPointsAndNoMore) {
  Region region = Box();
  region.polygon.clear();
  for (int i = 0; i < 5000; ++i) {
    const double turn = i * 2 * std::numbers::pi / 5000;
    region.polygon.push_back({30 + std::sin(turn), 102 + std::cos(turn)});
  }
  EXPECT_EQ(ValidateRegion(region), absl::OkStatus());
  region.polygon.push_back({30 - 1e-4, 103.001});
  EXPECT_EQ(ValidateRegion(region).message(), "region box: a polygon has at most 5000 points, and this one 5001");
}

TEST(ValidateRegionTest, RefusesRingsThatAreNoPolygon) {
  EXPECT_TRUE(ValidateRegion(Box()).ok());
  Region region = Box();
  region.polygon.push_back(region.polygon.front());
  EXPECT_FALSE(ValidateRegion(region).ok());
  region.polygon = {{0, 0}, {1, 1}};
  EXPECT_FALSE(ValidateRegion(region).ok());
  region.polygon = {{0, 0}, {1, 1}, {2, 2}};
  EXPECT_FALSE(ValidateRegion(region).ok());
  region = Box();
  region.id = RegionId("_network");
  EXPECT_FALSE(ValidateRegion(region).ok());
  region = Box();
  region.stations = {StationId("9"), StationId("9")};
  EXPECT_FALSE(ValidateRegion(region).ok());
}

TEST(RingsTest, DistanceToARegion) {
  Region region;
  region.polygon = BoxPolygon(29, 31, 101, 103);
  EXPECT_EQ(DistanceToRegionKm(region, {30, 102}), 0);
  EXPECT_NEAR(DistanceToRegionKm(region, {32.5, 102}), 1.5 * 111.195, 0.01);
  EXPECT_NEAR(DistanceToRegionKm(region, {30, 104}), 111.195 * std::cos(30 * std::numbers::pi / 180), 0.01);
  EXPECT_NEAR(DistanceToRegionKm(region, {32, 104}), DistanceKm({32, 104}, {31, 103}), 1) << "to the corner";
  region.polygon = BoxPolygon(-1, 1, 179, 181);  // across the date line
  EXPECT_EQ(DistanceToRegionKm(region, {0, -179.5}), 0);
  EXPECT_NEAR(DistanceToRegionKm(region, {0, -178}), 111.195, 0.01);
  EXPECT_NEAR(DistanceToRegionKm(region, {0, 178}), 111.195, 0.01);
}

}  // namespace
}  // namespace tremorcast
