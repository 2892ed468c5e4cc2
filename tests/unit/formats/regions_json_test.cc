#include "formats/regions_json.h"

#include <string>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/readers/test_files.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

// What an import leaves alone of a region that it knows.
TEST(RegionsJsonTest, TellsWhatAFileDoesNotSay) {
  const auto areas = ReadRegionsText(R"([{"area":3,"lat":[26,30],"lon":[98,101]}])");
  ASSERT_TRUE(areas.ok()) << areas.status();
  EXPECT_FALSE(areas->said[0].title) << "it is made, not read";
  EXPECT_FALSE(areas->said[0].stations);
  const auto own = ReadRegionsText(
      R"({"regions":[{"id":"a","box":[1,2,3,4],"stations":[]},{"id":"b","box":[1,2,3,4],"title":"B","whole_network":true}]})");
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_TRUE(own->said[0].stations) << "none is said, too";
  EXPECT_FALSE(own->said[0].title || own->said[0].whole_network || own->said[0].simulated);
  EXPECT_TRUE(own->said[1].title && own->said[1].whole_network);
  const auto written = ReadRegionsText(WriteRegions(own->regions));
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_TRUE(written->said[0].title && written->said[0].stations && written->said[0].whole_network &&
              written->said[0].simulated);
}

TEST(RegionsJsonTest, ReadsAetaAreas) {
  const auto regions = ReadRegions(R"([{"area":3,"lat":[26,30],"lon":[98,101],"stations":[131,36]}])");
  ASSERT_TRUE(regions.ok()) << regions.status();
  ASSERT_EQ(regions->size(), 1U);
  const Region& region = (*regions)[0];
  EXPECT_EQ(region.id.value(), "area-3");
  EXPECT_EQ(region.title, "Area 3 (26-30 N, 98-101 E)");
  EXPECT_EQ(region.stations, (std::vector<StationId>{StationId("131"), StationId("36")}));
  EXPECT_TRUE(RegionContains(region, {26, 98}));
  EXPECT_FALSE(RegionContains(region, {30.01, 100}));
}

TEST(RegionsJsonTest, ReadsGeoJsonWithLongitudeFirst) {
  const auto regions = ReadRegions(R"({"type":"FeatureCollection","features":[{"type":"Feature","id":"fault",
    "properties":{"title":"A fault","stations":["S1"]},
    "geometry":{"type":"Polygon","coordinates":[[[100,30],[102,30],[102,33],[100,30]]]}}]})");
  ASSERT_TRUE(regions.ok()) << regions.status();
  const Region& region = (*regions)[0];
  EXPECT_EQ(region.polygon.size(), 3U) << "the repeated first point is dropped";
  EXPECT_EQ(region.polygon[1], (GeoPoint{30, 102}));
  EXPECT_EQ(region.title, "A fault");
}

TEST(RegionsJsonTest, OurOwnTextReadsBack) {
  Region a;
  a.id = RegionId("sim-0");
  a.title = "Simulated";
  a.polygon = BoxPolygon(22, 26.5, 98, 101);
  a.stations = {StationId("S0001")};
  a.simulated = true;
  Region b = WholeBox({a});
  const auto regions = ReadRegions(WriteRegions({a, b}));
  ASSERT_TRUE(regions.ok()) << regions.status();
  EXPECT_EQ(*regions, (std::vector<Region>{a, b}));
  EXPECT_TRUE((*regions)[1].whole_network);
}

TEST(RegionsJsonTest, NamesTheRegionAtFault) {
  EXPECT_THAT(std::string(ReadRegions("{").status().message()), HasSubstr("no JSON: "));
  EXPECT_THAT(std::string(ReadRegions("{}").status().message()), HasSubstr("has no list \"regions\""));
  EXPECT_THAT(
      std::string(ReadRegions(R"([{"area":3,"lat":[26,30],"lon":[98,101]},{"area":4,"lat":[26]}])").status().message()),
      HasSubstr("area 1 (4): "));
  EXPECT_THAT(std::string(ReadRegions(R"({"regions":[{"id":"a b","box":[1,2,3,4]}]})").status().message()),
              HasSubstr("region 0"));
  EXPECT_THAT(
      std::string(
          ReadRegions(R"({"regions":[{"id":"a","box":[1,2,3,4]},{"id":"a","box":[1,2,3,4]}]})").status().message()),
      HasSubstr("appears twice"));
  EXPECT_THAT(
      std::string(
          ReadRegions(
              R"({"type":"FeatureCollection","features":[{"id":"x","properties":{},"geometry":{"type":"Point"}}]})")
              .status()
              .message()),
      HasSubstr("feature 0 (x): its geometry is no Polygon or MultiPolygon"));
  EXPECT_FALSE(ReadRegions(R"({"regions":[]})").ok());
}

// What readers of JSON take the last of, and nobody wrote on purpose.
TEST(RegionsJsonTest, AMemberThatStandsTwiceIsRefused) {
  EXPECT_EQ(ReadRegions(R"({"regions":[{"id":"a","box":[1,2,3,4],"box":[1,2,3,9]}]})").status().message(),
            "an object has the member 'box' twice");
  EXPECT_TRUE(ReadRegions(R"({"regions":[{"id":"a","box":[1,2,3,4]},{"id":"b","box":[1,2,3,4]}]})").ok());
}

// RFC 7946 lets a feature have no properties.
TEST(RegionsJsonTest, PropertiesMayBeNull) {
  const auto regions = ReadRegions(R"({"type":"FeatureCollection","features":[{"id":"a","properties":null,
    "geometry":{"type":"Polygon","coordinates":[[[100,30],[102,30],[102,33],[100,30]]]}}]})");
  ASSERT_TRUE(regions.ok()) << regions.status();
  EXPECT_EQ(regions->at(0).title, "a");
}

// A feature "Fiji" of this geometry, or why it is refused.
absl::StatusOr<Region> Fiji(const std::string& geometry) {
  auto regions = ReadRegions(
      R"({"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"fj","name":"Fiji"},"geometry":)" +
      geometry + "}]}");
  if (!regions.ok()) return regions.status();
  return regions->at(0);
}

constexpr GeoPoint kSuva = {-18.1, 178.4}, kLau = {-18.5, -178.8}, kLaPaz = {-16.5, -68.1}, kTonga = {-21, -175};

TEST(RegionsJsonTest, ARingOverTheDateLineHoldsWhatLiesOnBothSidesAndNotTheRestOfTheWorld) {
  for (const char* ring : {"[[176,-20],[-178,-20],[-178,-15],[176,-15],[176,-20]]",        // jumps
                           "[[176,-20],[182,-20],[182,-15],[176,-15],[176,-20]]",          // goes on
                           "[[-184,-20],[-178,-20],[-178,-15],[-184,-15],[-184,-20]]"}) {  // comes from
    const auto region = Fiji(std::string(R"({"type":"Polygon","coordinates":[)") + ring + "]}");
    ASSERT_TRUE(region.ok()) << region.status();
    EXPECT_TRUE(RegionContains(*region, kSuva)) << ring;
    EXPECT_TRUE(RegionContains(*region, kLau)) << ring;
    EXPECT_FALSE(RegionContains(*region, kLaPaz)) << ring;
    EXPECT_FALSE(RegionContains(*region, kTonga)) << ring;
    const Region box = WholeBox({*region});
    EXPECT_TRUE(RegionContains(box, kLau));
    EXPECT_FALSE(RegionContains(box, kLaPaz));
    EXPECT_EQ(ReadRegions(WriteRegions({*region}))->at(0), *region);
  }
}

TEST(RegionsJsonTest, PartsAndHolesAreOneRegion) {
  const auto region = Fiji(R"({"type":"MultiPolygon","coordinates":[
      [[[176,-20],[180,-20],[180,-15],[176,-15],[176,-20]], [[177,-19],[178,-19],[178,-18],[177,-18],[177,-19]]],
      [[[-180,-20],[-178,-20],[-178,-15],[-180,-15],[-180,-20]]],
      [[[-70,-17],[-68,-17],[-68,-16],[-70,-16],[-70,-17]]]]})");
  ASSERT_TRUE(region.ok()) << region.status();
  EXPECT_TRUE(RegionContains(*region, kSuva));
  EXPECT_TRUE(RegionContains(*region, kLau));
  EXPECT_TRUE(RegionContains(*region, kLaPaz));
  EXPECT_FALSE(RegionContains(*region, kTonga));
  EXPECT_FALSE(RegionContains(*region, {-18.5, 177.5})) << "in the hole";
  EXPECT_TRUE(RegionContains(*region, {-19, 177.5})) << "on the edge of the hole";
  EXPECT_FALSE(RegionContains(*region, {-19.5, 176.5 + 360 * 2}));
  // From the first point of the first ring to that of the last leads an edge that is no boundary.
  const GeoPoint &from = region->polygon[0], to = region->polygon[region->polygon.size() - 1];
  EXPECT_FALSE(RegionContains(
      *region, {(from.latitude_deg + to.latitude_deg) / 2, (from.longitude_deg + to.longitude_deg) / 2 - 360}));
}

TEST(RegionsJsonTest, PartsAndHolesMayBeWoundEitherWay) {
  const auto opposite = Fiji(R"({"type":"MultiPolygon","coordinates":[
      [[[176,-20],[178,-20],[178,-18],[176,-18],[176,-20]]],
      [[[179,-20],[179,-18],[181,-18],[181,-20],[179,-20]]]]})");
  ASSERT_TRUE(opposite.ok()) << opposite.status();
  EXPECT_TRUE(RegionContains(*opposite, {-19, 177}));
  EXPECT_TRUE(RegionContains(*opposite, {-19, 179.5}));
  EXPECT_FALSE(RegionContains(*opposite, {-19, 178.5}));
  // A hole that takes all of it, wound as its outer ring is.
  const auto nothing = Fiji(R"({"type":"Polygon","coordinates":[[[176,-20],[178,-20],[178,-18],[176,-18],[176,-20]],
      [[178,-20],[178,-18],[176,-18],[176,-20],[178,-20]]]})");
  EXPECT_THAT(std::string(nothing.status().message()), HasSubstr("encloses no area"));
}

TEST(RegionsJsonTest, AHoleMayTouchTheEdgeWhereItBegins) {
  const auto region = Fiji(R"({"type":"Polygon","coordinates":[[[176,-20],[178,-20],[178,-18],[176,-18],[176,-20]],
      [[176,-20],[177,-18.5],[177.5,-19],[176,-20]]]})");
  ASSERT_TRUE(region.ok()) << region.status();
  EXPECT_TRUE(RegionContains(*region, {-19.8, 177.5}));
  EXPECT_TRUE(RegionContains(*region, {-18.2, 176.2}));
  EXPECT_FALSE(RegionContains(*region, {-19, 177}));
}

TEST(RegionsJsonTest, WhatNobodySeesInATitleIsASpace) {
  const auto regions = ReadRegions(
      "{\"regions\": [{\"id\": \"a\", \"title\": \"\u202eNorth\u200bWest\u0085\", "
      "\"box\": [22, 34, 98, 107]}]}");
  ASSERT_TRUE(regions.ok()) << regions.status();
  EXPECT_EQ(regions->at(0).title, "North West");
}

TEST(RegionsJsonTest, ALongitudeBeyondEveryTurnIsRefused) {
  for (const char* far : {"1e300", "-1e300", "541"}) {
    const auto region = Fiji(absl::StrCat(R"({"type":"Polygon","coordinates":[[[0,0],[)", far, R"(,0],[1,1]]]})"));
    EXPECT_THAT(std::string(region.status().message()), HasSubstr("is not in [-180, 540]")) << far;
  }
}

TEST(RegionsJsonTest, APolygonThatCrossesItselfIsRefusedByName) {
  const auto bow_tie =
      Fiji(R"({"type":"Polygon","coordinates":[[[176,-20],[179,-15],[179,-20],[176,-15],[176,-20]]]})");
  EXPECT_THAT(std::string(bow_tie.status().message()),
              HasSubstr("feature 0 (fj): region fj: the polygon crosses itself"));
  EXPECT_THAT(std::string(Fiji(R"({"type":"Polygon","coordinates":[[[176,-20],"x"]]})").status().message()),
              HasSubstr("feature 0 (fj): "));
  EXPECT_EQ(Fiji("null").status().message(), "feature 0 (fj): has no geometry");
  EXPECT_THAT(std::string(Fiji(R"({"type":"Polygon","coordinates":[[[-180,-60],[0,-60],[180,-60],[360,-60],[360,60],
                                   [180,60],[0,60],[-180,60],[-180,-60]]]})")
                              .status()
                              .message()),
              HasSubstr("goes round the Earth more than once, from -180 to 360 degrees"));
}

TEST(RegionsJsonTest, WhatNothingReadsOrNobodyCanMeanIsRefusedByName) {
  const auto fault = [](const std::string& region) {
    return std::string(ReadRegions(R"({"regions": [)" + region + "]}").status().message());
  };
  EXPECT_EQ(fault(R"({"id": "a", "box": [1, 2, 3, 4], "whole_netwrok": true})"),
            "region 0 (a): has a member 'whole_netwrok' that nothing here reads");
  EXPECT_EQ(fault(R"({"id": "a", "box": [1, 2, 3, 4], "polygon": [[1, 1], [1, 2], [2, 2]]})"),
            "region 0 (a): has both a box and a polygon");
  EXPECT_EQ(fault(R"({"id": "a", "box": [2, 1, 3, 4]})"), "region 0 (a): its box begins north of its end, at 2");
  EXPECT_EQ(ReadRegions(R"([{"area": 1, "lat": [1, 2], "lon": [3, 4], "station": [1]}])").status().message(),
            "area 0 (1): has a member 'station' that nothing here reads");
}

TEST(RegionsJsonTest, AHoleOutsideItsPolygonIsRefusedAlsoBeyondTheDateLine) {
  const auto read = [](const std::string& hole) {
    return ReadRegions(R"({"type": "FeatureCollection", "features": [{"type": "Feature", "id": "a", "properties": {},)"
                       R"("geometry": {"type": "Polygon", "coordinates": [)"
                       "[[170, -10], [-170, -10], [-170, 10], [170, 10], [170, -10]], " +
                       hole + "]}}]}");
  };
  EXPECT_TRUE(read("[[-178, -1], [-176, -1], [-176, 1], [-178, -1]]").ok());
  EXPECT_TRUE(read("[[172, -1], [174, -1], [174, 1], [172, -1]]").ok());
  EXPECT_EQ(read("[[-168, -1], [-166, -1], [-166, 1], [-168, -1]]").status().message(),
            "feature 0 (a): a hole lies outside its polygon");
  const std::string wide = "[[172, -5], [178, -5], [178, 5], [172, 5], [172, -5]]",
                    inner = "[[174, -1], [176, -1], [176, 1], [174, -1]]";
  for (const std::string& holes : {wide + ", " + inner, inner + ", " + wide})
    EXPECT_EQ(read(holes).status().message(), "feature 0 (a): a hole lies inside another");
}

TEST(RegionsJsonTest, ReadsThePublishedAreasAndTheBoxAroundThem) {
  TREMORCAST_NEED_SHARED_DATA();
  const auto regions = ReadRegions(ReadWholeFile(SharedData() / "aeta" / "areas.json"));
  ASSERT_TRUE(regions.ok()) << regions.status();
  ASSERT_EQ(regions->size(), 8U);
  const Region box = WholeBox(*regions);
  EXPECT_EQ(box.polygon, BoxPolygon(22, 34, 98, 107));
}

}  // namespace
}  // namespace tremorcast
