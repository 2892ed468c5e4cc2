#include "bulletin/exports.h"

#include <sstream>

#include <absl/strings/match.h>
#include <absl/strings/str_split.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/readers/catalogue_csv.h"
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

TEST(ExportsTest, CsvQuotesAndKeepsEveryBit) {
  Bulletin bulletin = MakeBulletin();
  bulletin.regions[0].forecasts[0].set_name("a,\"b\"");
  const std::string csv = ForecastsCsv(bulletin);
  const std::vector<std::string> lines = absl::StrSplit(csv, "\r\n");
  ASSERT_EQ(lines.size(), 1u + 2 * 4 + 1);
  EXPECT_EQ(lines[1],
            "area-0,2020-12-05T16:00:00Z,2020-12-12T16:00:00Z,2020-12-05T16:30:00Z,operational,ok,1,3.5,0.12,0."
            "050000000000000003,"
            "3,3,false,\"a,\"\"b\"\"\"");
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
