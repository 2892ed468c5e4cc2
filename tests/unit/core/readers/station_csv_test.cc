#include "core/readers/station_csv.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/time_grid.h"
#include "core/readers/csv_records.h"
#include "tests/unit/core/readers/test_files.h"

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CsvRecordsTest, AQuoteThatItsLineDoesNotCloseEndsWithIt) {
  CsvRecords records(
      "\xEF\xBB\xBF"
      "a,b\r\n\r\n\"x,y\",\"q\"\"q\"\n\"open,2\n1,\r3,4");
  std::vector<std::string> fields;
  ASSERT_TRUE(records.Next(fields));
  EXPECT_THAT(fields, ElementsAre("a", "b"));
  ASSERT_TRUE(records.Next(fields));
  EXPECT_THAT(fields, ElementsAre("x,y", "q\"q"));
  EXPECT_EQ(records.line(), 3);
  ASSERT_TRUE(records.Next(fields));
  EXPECT_THAT(fields, ElementsAre("\"open", "2"));
  ASSERT_TRUE(records.Next(fields));
  EXPECT_THAT(fields, ElementsAre("1", ""));
  EXPECT_EQ(records.line(), 5);
  EXPECT_EQ(records.text(), "1,");
  ASSERT_TRUE(records.Next(fields)) << "a carriage return alone ends a line";
  EXPECT_THAT(fields, ElementsAre("3", "4"));
  EXPECT_FALSE(records.Next(fields));
}

TEST(StationCsvTest, ReadsFdsnTextAndTheNewestEpochOfEachStation) {
  const auto text = ReadStations(
      "#Network|Station|Latitude|Longitude|Elevation|SiteName|StartTime|EndTime\n"
      "SC|AXX|31.2|103.6|1200|Somewhere \"A|2007-01-01T00:00:00|2015-06-01T00:00:00\n"
      "SC|AXX|31.3|103.6|1210|Somewhere \"A|2015-06-01T00:00:00|2599-12-31T23:59:59\n"
      "# a comment\n"
      "SC|BAD|north|103.6|1|B|2015-06-01T00:00:00|\n");
  ASSERT_TRUE(text.ok()) << text.status();
  ASSERT_EQ(text->stations.size(), 1U);
  EXPECT_EQ(text->stations[0].id.value(), "SC.AXX");
  EXPECT_EQ(text->stations[0].location.latitude_deg, 31.3);
  EXPECT_EQ(text->stations[0].title, "Somewhere \"A");
  EXPECT_EQ(text->stations[0].valid_to, absl::InfiniteFuture());
  EXPECT_EQ(text->passed_over.size(), 1U);
  ASSERT_EQ(text->bad_lines.size(), 1U);
  EXPECT_EQ(text->bad_lines[0].line, 5);
}

TEST(StationCsvTest, AStationWithoutACodeIsListedAndAColumnThatIsThereTwiceRefused) {
  const auto text = ReadStations("#Network|Station|Latitude|Longitude\nIU||31.2|103.6\nIU|XAN|34.0|108.9\n");
  ASSERT_TRUE(text.ok());
  ASSERT_EQ(text->stations.size(), 1U);
  ASSERT_EQ(text->bad_lines.size(), 1U);
  EXPECT_EQ(text->bad_lines[0].reason, "has no station code");
  EXPECT_EQ(ReadStations("#Network|Station|Latitude|Latitude|Longitude\n").status().message(),
            "has the column 'Latitude' twice");
}

TEST(StationCsvTest, ReadsTheAetaColumnsByName) {
  const auto text = ReadStations(
      "\xEF\xBB\xBFTitle,StationID,Longitude,Latitude,MagnData,MagnUpdate,SoundData,SoundUpdate\r\n"
      "North,12,103.5,30.25,True,True,True,False\r\n");
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(text->bad_lines, IsEmpty());
  ASSERT_EQ(text->stations.size(), 1U);
  const Station& station = text->stations[0];
  EXPECT_EQ(station.id.value(), "12");
  EXPECT_EQ(station.title, "North");
  EXPECT_EQ(station.location, (GeoPoint{30.25, 103.5}));
  EXPECT_TRUE(station.magn_updating);
  EXPECT_FALSE(station.sound_updating);
  EXPECT_FALSE(station.enrolled());
}

TEST(StationCsvTest, ListsBadLinesAndReadsTheOthers) {
  const auto text = ReadStations(
      "station_id,title,latitude,longitude,magn_updating,sound_updating,valid_from,valid_to,simulated\n"
      "A,a,30,103,True,True,,,False\n"
      "B,b,north,103,True,True,,,False\n"
      "C,c,30,103,perhaps,True,,,False\n"
      "D d,d,30,103,True,True,,,False\n"
      "E,e,30,103,True,True,someday,,False\n"
      "A,again,30,103,True,True,,,False\n"
      "F,f,30\n"
      "G,g,-95,103,True,True,,,False\n");
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->stations.size(), 1U);
  std::vector<int64_t> lines;
  for (const BadLine& line : text->bad_lines) lines.push_back(line.line);
  EXPECT_THAT(lines, ElementsAre(3, 4, 5, 6, 7, 8, 9));
  EXPECT_EQ(text->bad_lines[0].reason, "column latitude: 'north' is no number");
  EXPECT_EQ(text->bad_lines[4].reason, "station A is on line 2 already");
}

TEST(StationCsvTest, AnEpochWhoseTimesCannotBeReadIsNotOpen) {
  const auto text = ReadStations(
      "#Network|Station|Latitude|Longitude|Elevation|SiteName|StartTime|EndTime\n"
      "SC|AXX|31.2|103.6|1200|A|2007-01-01T00:00:00|closed\n"
      "SC|BXX|31.2|103.6|1200|B|2007-13-01T00:00:00|\n"
      "SC|CXX|31.2|103.6|1200|C||\n");
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(text->stations.size(), 1U);
  ASSERT_EQ(text->bad_lines.size(), 2U);
  EXPECT_EQ(text->bad_lines[0].reason, "column EndTime: 'closed' is no time");
  EXPECT_EQ(text->bad_lines[1].reason, "column StartTime: '2007-13-01T00:00:00' is no time");
}

TEST(StationCsvTest, WhatNobodySeesInATitleIsASpaceAndATitleThatIsTooLongIsListed) {
  const auto text = ReadStations(
      "station_id,title,latitude,longitude,magn_updating,sound_updating\n"
      "A,\u200fNorth\u200bWest\u0085,30,103,True,True\n"
      "B," +
      std::string(201, 't') + ",30,103,True,True\n");
  ASSERT_TRUE(text.ok()) << text.status();
  ASSERT_EQ(text->stations.size(), 1U);
  EXPECT_EQ(text->stations[0].title, "North West");
  ASSERT_EQ(text->bad_lines.size(), 1U);
  EXPECT_EQ(text->bad_lines[0].reason, "title has 201 bytes; at most 200 are taken");
}

TEST(StationCsvTest, OurOwnFormatReadsBack) {
  Station a;
  a.id = StationId("S0001");
  a.title = "Simulated, \"one\"";
  a.location = {30.123, 103.456789};
  a.sound_updating = false;
  a.valid_from = absl::FromUnixSeconds(1483200000);
  a.simulated = true;
  Station b;
  b.id = StationId("S0002");
  b.location = {-1, -2};
  const auto text = ReadStations(WriteStations({a, b}));
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(text->stations, ElementsAre(a, b));
}

TEST(StationCsvTest, RefusesOtherFiles) {
  EXPECT_FALSE(ReadStations("").ok());
  EXPECT_FALSE(ReadStations("Time,Magnitude\n").ok());
}

TEST(StationCsvTest, ReadsThePublishedNetwork) {
  TREMORCAST_NEED_SHARED_DATA();
  const auto text = ReadStations(ReadWholeFile(SharedData() / "aeta" / "StationInfo.csv"));
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(text->bad_lines, IsEmpty());
  EXPECT_EQ(text->stations.size(), 159U);
  EXPECT_EQ(std::count_if(text->stations.begin(), text->stations.end(), [](const Station& s) { return s.enrolled(); }),
            131);
}

}  // namespace
}  // namespace tremorcast
