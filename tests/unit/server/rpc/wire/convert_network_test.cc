#include "server/rpc/wire/convert_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast::rpc {
namespace {

using testing::HasSubstr;

Station Known() {
  Station station;
  station.id = StationId("s1");
  station.title = "Old";
  station.location = {30, 103};
  station.valid_from = absl::FromUnixSeconds(1500000000);
  return station;
}

TEST(ConvertNetworkTest, GivesAStationBackUnchanged) {
  v1::Station proto;
  FillStation(Known(), &proto);
  EXPECT_FALSE(proto.has_valid_to_time()) << "open";
  Station base;
  base.id = StationId("s1");
  EXPECT_EQ(*MergeStation(proto, {}, base), Known());
}

TEST(ConvertNetworkTest, WritesOnlyTheFieldsOfTheMask) {
  v1::Station proto;
  proto.set_title("New");
  google::protobuf::FieldMask mask;
  mask.add_paths("title");
  const auto merged = MergeStation(proto, mask, Known());
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_EQ(merged->title, "New");
  EXPECT_EQ(merged->location, Known().location);
}

TEST(ConvertNetworkTest, RefusesAMaskOfFieldsThatCannotBeWritten) {
  google::protobuf::FieldMask mask;
  mask.add_paths("revision");
  EXPECT_THAT(std::string(MergeStation({}, mask, Known()).status().message()), HasSubstr("revision"));
}

TEST(ConvertNetworkTest, RefusesAStationOffTheGlobe) {
  v1::Station proto;
  FillStation(Known(), &proto);
  proto.mutable_location()->set_latitude_degrees(91);
  EXPECT_EQ(MergeStation(proto, {}, Known()).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ConvertNetworkTest, GivesARegionBackUnchangedAndNamesABadMember) {
  Region region;
  region.id = RegionId("area1");
  region.title = "Area 1";
  region.polygon = BoxPolygon(22, 25, 98, 101);
  region.stations = {StationId("s1"), StationId("s2")};
  v1::Region proto;
  FillRegion(region, &proto);
  Region base;
  base.id = region.id;
  EXPECT_EQ(*MergeRegion(proto, {}, base), region);
  proto.set_stations(1, "s2");
  EXPECT_THAT(std::string(MergeRegion(proto, {}, base).status().message()), HasSubstr("region.stations[1]"));
}

}  // namespace
}  // namespace tremorcast::rpc
