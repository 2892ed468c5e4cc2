#include "server/rpc/wire/resource_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast::rpc {
namespace {

using testing::HasSubstr;

TEST(ResourceNamesTest, ReadsWhatItWrites) {
  EXPECT_EQ(ParseStationName("f", StationName(StationId("A.1-b_2")))->value(), "A.1-b_2");
  EXPECT_EQ(ParseRegionName("f", RegionName(RegionId("area1")))->value(), "area1");
  EXPECT_EQ(ParseModelName("f", ModelName(ModelVersion("20201206T000000-1a2b3c4d")))->value(),
            "20201206T000000-1a2b3c4d");
  const auto forecast = ParseForecastName("f", ForecastNameOf(RegionId("area1"), "20201206T000000-operational-r1"));
  ASSERT_TRUE(forecast.ok());
  EXPECT_EQ(forecast->region.value(), "area1");
  EXPECT_EQ(forecast->forecast, "20201206T000000-operational-r1");
}

TEST(ResourceNamesTest, SaysWhichFieldIsWrongAndHowItShouldLook) {
  const absl::Status status = ParseStationName("batch.station", "A1").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("batch.station"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("stations/{station}"));
}

TEST(ResourceNamesTest, RefusesOtherCollectionsEmptyIdsAndExtraParts) {
  for (const char* name :
       {"", "stations", "stations/", "regions/x", "stations/a/b", "stations/a b", "stations/-a", "/stations/a"}) {
    EXPECT_FALSE(ParseStationName("f", name).ok()) << name;
  }
  for (const char* name :
       {"regions/x", "regions/x/forecasts", "regions/x/forecasts/", "regions//forecasts/y", "stations/x/forecasts/y"}) {
    EXPECT_FALSE(ParseForecastName("f", name).ok()) << name;
  }
}

TEST(ResourceNamesTest, TakesAnEmptyScopeAsTheWholeNetwork) {
  EXPECT_EQ(ParseScope("scope", "")->value(), "_network");
  EXPECT_EQ(ParseScope("scope", "regions/_network")->value(), "_network");
  EXPECT_EQ(ParseScope("scope", "regions/area1")->value(), "area1");
  EXPECT_FALSE(ParseScope("scope", "area1").ok());
}

TEST(ResourceNamesTest, DoesNotRepeatControlCharactersOrLongNames) {
  const std::string message(ParseRegionName("f", "a\nb" + std::string(5000, 'x')).status().message());
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_LT(message.size(), 300u);
}

}  // namespace
}  // namespace tremorcast::rpc
