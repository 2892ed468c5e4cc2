#include "formats/station_file.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/time_grid.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

constexpr char kXml[] = R"(<?xml version="1.0" encoding="UTF-8"?>
<FDSNStationXML xmlns="http://www.fdsn.org/xml/station/1" schemaVersion="1.1">
  <Source>test</Source>
  <Network code="SC">
    <Station code="AXX" startDate="2007-01-01T00:00:00" endDate="2015-06-01T00:00:00">
      <Latitude>31.2</Latitude><Longitude>103.6</Longitude><Site><Name>Old &amp; moved</Name></Site>
    </Station>
    <Station code="AXX" startDate="2015-06-01T00:00:00" endDate="2599-12-31T23:59:59">
      <Latitude unit="DEGREES">31.3</Latitude><Longitude>103.6</Longitude><Site><Name>New</Name></Site>
    </Station>
    <Station code="CLOSED" startDate="2015-06-01T00:00:00" endDate="in 2016">
      <Latitude>31.3</Latitude><Longitude>103.6</Longitude>
    </Station>
    <Station code="BAD"><Latitude>31.3</Latitude><Longitude>east</Longitude></Station>
  </Network>
</FDSNStationXML>)";

TEST(StationFileTest, ReadsStationXmlAndTheNewestEpochOfEachStation) {
  const auto read = ReadStationFile(kXml);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->stations.size(), 1U);
  const Station& station = read->stations[0];
  EXPECT_EQ(station.id.value(), "SC.AXX");
  EXPECT_EQ(station.title, "New");
  EXPECT_EQ(station.location, (GeoPoint{31.3, 103.6}));
  EXPECT_EQ(FormatUtc(station.valid_from), "2015-06-01T00:00:00Z");
  EXPECT_EQ(station.valid_to, absl::InfiniteFuture()) << "2599 says that it is in service";
  ASSERT_EQ(read->passed_over.size(), 1U);
  EXPECT_EQ(read->passed_over[0].line, 5);
  ASSERT_EQ(read->bad_lines.size(), 2U);
  EXPECT_EQ(read->bad_lines[0].line, 11);
  EXPECT_EQ(read->bad_lines[0].reason, "endDate 'in 2016' is no time");
  EXPECT_EQ(read->bad_lines[1].line, 14);
  EXPECT_EQ(read->bad_lines[1].reason, "Longitude 'east' is no number");
}

TEST(StationFileTest, RefusesOtherXmlAndReadsTables) {
  EXPECT_THAT(std::string(ReadStationFile("<html></html>").status().message()), HasSubstr("no StationXML: <html>"));
  EXPECT_THAT(std::string(ReadStationFile("<FDSNStationXML>\n<Network>").status().message()), HasSubstr("line 2"));
  const auto table = ReadStationFile("#Network|Station|Latitude|Longitude\nSC|AXX|31.2|103.6\n");
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->stations.size(), 1U);
}

}  // namespace
}  // namespace tremorcast
