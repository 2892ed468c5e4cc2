#include "cli/text/regions_json.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/readers/test_files.h"

namespace tremorcast::cli {
namespace {

using ::testing::HasSubstr;

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
  EXPECT_THAT(std::string(ReadRegions("{").status().message()), HasSubstr("region 0"));
  EXPECT_THAT(
      std::string(ReadRegions(R"([{"area":3,"lat":[26,30],"lon":[98,101]},{"area":4,"lat":[26]}])").status().message()),
      HasSubstr("region 1"));
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
      HasSubstr("no Polygon"));
  EXPECT_FALSE(ReadRegions(R"({"regions":[]})").ok());
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
}  // namespace tremorcast::cli
