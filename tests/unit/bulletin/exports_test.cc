#include "bulletin/exports.h"

#include <sstream>

#include <absl/strings/match.h>
#include <absl/strings/str_split.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/readers/catalogue_csv.h"
#include "formats/regions_json.h"
#include "tests/unit/bulletin/bulletin_world.h"

namespace tremorcast::bulletin {
namespace {

using Json = nlohmann::json;

double SignedArea(const Json& ring) {
  double area = 0;
  for (size_t i = 0; i + 1 < ring.size(); ++i)
    area += ring[i][0].get<double>() * ring[i + 1][1].get<double>() -
            ring[i + 1][0].get<double>() * ring[i][1].get<double>();
  return area / 2;
}

TEST(ExportsTest, GeoJsonRingsAreClosedAndCounterclockwiseWithLongitudeFirst) {
  const Json json = Json::parse(GeoJson(MakeBulletin()));
  EXPECT_EQ(json["type"], "FeatureCollection");
  ASSERT_EQ(json["features"].size(), 7u);
  const Json& area = json["features"][0];
  EXPECT_EQ(area["id"], "regions/area-0");
  const Json& ring = area["geometry"]["coordinates"][0];
  ASSERT_EQ(ring.size(), 5u);
  EXPECT_EQ(ring.front(), ring.back());
  EXPECT_DOUBLE_EQ(SignedArea(ring), 16);  // RFC 7946, 3.1.6
  EXPECT_GE(ring[0][0].get<double>(), 98);
  EXPECT_DOUBLE_EQ(area["properties"]["exceedance"][0]["probability"].get<double>(), 0.12);
  EXPECT_EQ(area["properties"]["demonstrated_skill"], false);
  EXPECT_FALSE(json["features"][1]["properties"].contains("exceedance"));
  EXPECT_EQ(json["features"][3]["properties"]["state"], "silent");
}

// What our own reader makes of a drawing, as the service keeps it.
v1::Region Drawn(const Json& geometry) {
  const Json collection = {
      {"type", "FeatureCollection"},
      {"features", {{{"type", "Feature"}, {"id", "area-0"}, {"properties", Json::object()}, {"geometry", geometry}}}}};
  const auto regions = ReadRegions(collection.dump());
  EXPECT_TRUE(regions.ok()) << regions.status();
  v1::Region drawn;
  drawn.set_name("regions/area-0");
  for (const GeoPoint& point : regions->front().polygon) {
    v1::GeoPoint* added = drawn.mutable_polygon()->add_points();
    added->set_latitude_degrees(point.latitude_deg);
    added->set_longitude_degrees(point.longitude_deg);
  }
  return drawn;
}

TEST(ExportsTest, GeoJsonHasThePartsAndHolesThatWereDrawn) {
  const Json outer = {{98, 22}, {102, 22}, {102, 26}, {98, 26}, {98, 22}};
  const Json hole = {{99, 23}, {99, 24}, {100, 24}, {100, 23}, {99, 23}};
  const Json corner = {{101, 25}, {100, 25}, {101, 24}, {101, 25}};  // a hole that is drawn the other way
  const Json island = {{103, 22}, {104, 22}, {104, 23}, {103, 22}};
  const auto exported = [](const Json& geometry) {
    Bulletin bulletin = MakeBulletin();
    bulletin.regions[0].region = Drawn(geometry);
    return Json::parse(GeoJson(bulletin))["features"][0]["geometry"];
  };
  const Json holes = exported({{"type", "Polygon"}, {"coordinates", {outer, hole, corner}}});
  EXPECT_EQ(holes["type"], "Polygon");
  ASSERT_EQ(holes["coordinates"].size(), 3U) << "not one ring that is walked through the region and back";
  EXPECT_DOUBLE_EQ(SignedArea(holes["coordinates"][0]), 16);
  EXPECT_DOUBLE_EQ(SignedArea(holes["coordinates"][1]), -1) << "holes run clockwise";
  EXPECT_DOUBLE_EQ(SignedArea(holes["coordinates"][2]), -0.5);
  const Json parts = exported({{"type", "MultiPolygon"}, {"coordinates", {{outer, hole}, {island}}}});
  EXPECT_EQ(parts["type"], "MultiPolygon");
  ASSERT_EQ(parts["coordinates"].size(), 2U);
  EXPECT_EQ(parts["coordinates"][0].size(), 2U) << "the hole is in the part around it";
  EXPECT_EQ(parts["coordinates"][1].size(), 1U);
  EXPECT_DOUBLE_EQ(SignedArea(parts["coordinates"][1][0]), 0.5);
  for (const Json& geometry : {holes, parts}) {  // and read again, it is the same
    EXPECT_EQ(exported(geometry), geometry);
  }
}

TEST(ExportsTest, CsvQuotesAndKeepsEveryBit) {
  Bulletin bulletin = MakeBulletin();
  bulletin.regions[0].forecasts[0].set_name("a,\"b\"");
  const std::string csv = ForecastsCsv(bulletin);
  const std::vector<std::string> lines = absl::StrSplit(csv, "\r\n");
  ASSERT_EQ(lines.size(), 1u + 2 * 4 + 1);
  EXPECT_EQ(lines[1],
            "area-0,2020-12-05T16:00:00Z,2020-12-12T16:00:00Z,2020-12-05T16:30:00Z,operational,ok,1,3.5,0.12,0."
            "050000000000000003,"
            "3,3,false,\"a,\"\"b\"\"\",weekly,");
}

TEST(ExportsTest, WhatIsNewerThanTheWeekIsExported) {
  Bulletin bulletin = MakeBulletin();
  v1::Forecast after = bulletin.regions[0].forecasts[0];
  after.set_name("regions/area-0/forecasts/after");
  after.set_issue_kind(v1::ISSUE_KIND_EVENT);
  after.set_trigger("M6.8");
  after.set_rung(v1::RUNG_CATALOGUE);
  bulletin.regions[0].between_weeks = {after};
  const Json properties = Json::parse(GeoJson(bulletin))["features"][0]["properties"];
  EXPECT_EQ(properties["forecast"], after.name());
  EXPECT_EQ(properties["issue"], "event");
  EXPECT_EQ(properties["trigger"], "M6.8");
  const std::vector<std::string> lines = absl::StrSplit(ForecastsCsv(bulletin), "\r\n");
  ASSERT_EQ(lines.size(), 1u + 3 * 4 + 1);
  EXPECT_THAT(lines[1], ::testing::EndsWith("regions/area-0/forecasts/after,event,catalogue"));
  EXPECT_THAT(lines[5], ::testing::EndsWith(",weekly,"));
  EXPECT_EQ(Json::parse(*UsgsForecastJson(bulletin.regions[0]))["issue"], "event");
}

TEST(ExportsTest, CatalogueIsReadBackByTheReader) {
  Bulletin bulletin = MakeBulletin();
  v1::SeismicEvent event;
  event.set_source("cenc");
  event.set_source_event_id("x1");
  event.mutable_origin_time()->set_seconds(absl::ToUnixSeconds(kWeek));
  event.mutable_epicenter()->set_latitude_degrees(23.25);
  event.mutable_epicenter()->set_longitude_degrees(101.5);
  event.set_magnitude(4.1);
  event.set_depth_km(10);
  event.set_place("a|b");
  bulletin.events.push_back(event);
  const auto read = ReadCatalogue(FdsnText(bulletin));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->bad_lines.empty());
  ASSERT_EQ(read->events.size(), 1u);
  EXPECT_EQ(read->events[0].origin_time, kWeek);
  EXPECT_DOUBLE_EQ(read->events[0].magnitude, 4.1);
  EXPECT_EQ(read->events[0].place, "a/b");
}

TEST(ExportsTest, RatesSumToTheExceedanceRateAndLeaveOutTheWholeBox) {
  const auto rates = CsepRates(MakeBulletin());
  ASSERT_TRUE(rates.has_value());
  std::istringstream in(*rates);
  double value[10], sum = 0;
  int lines = 0;
  while (in >> value[0]) {
    for (int i = 1; i < 10; ++i) in >> value[i];
    sum += value[8];
    ++lines;
  }
  EXPECT_EQ(lines, 4);
  EXPECT_NEAR(sum, -std::log1p(-0.12), 1e-12);
  Bulletin slanted = MakeBulletin();
  slanted.regions[0].region.mutable_polygon()->mutable_points(0)->set_latitude_degrees(21);
  EXPECT_FALSE(CsepRates(slanted).has_value());
}

TEST(ExportsTest, ForecastJsonHasTheMembersOfTheUsgsProduct) {
  const Bulletin bulletin = MakeBulletin();
  const Json json = Json::parse(*UsgsForecastJson(bulletin.regions[0]));
  EXPECT_EQ(json["expireTime"], absl::ToUnixMillis(kWeek + absl::Hours(168)));
  ASSERT_EQ(json["forecast"].size(), 1u);
  EXPECT_EQ(json["forecast"][0]["timeStart"], absl::ToUnixMillis(kWeek));
  EXPECT_EQ(json["forecast"][0]["label"], "1 Week");
  ASSERT_EQ(json["forecast"][0]["bins"].size(), 4u);
  EXPECT_DOUBLE_EQ(json["forecast"][0]["bins"][0]["probability"].get<double>(), 0.12);
  EXPECT_FALSE(json["forecast"][0]["bins"][0].contains("median"));
  EXPECT_FALSE(UsgsForecastJson(bulletin.regions[1]).has_value());
}

}  // namespace
}  // namespace tremorcast::bulletin
