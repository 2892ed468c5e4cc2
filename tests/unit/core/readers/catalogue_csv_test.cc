#include "core/readers/catalogue_csv.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/time_grid.h"
#include "core/readers/civil_text.h"
#include "tests/unit/core/readers/catalogue_texts.h"

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(CatalogueTimeTest, ReadsWhatCataloguesPrint) {
  const absl::Time utc = absl::FromUnixSeconds(1651541580);
  EXPECT_EQ(ParseCatalogueTime("2022/5/3 9:33", NetworkTimeZone()), utc);
  EXPECT_EQ(ParseCatalogueTime("2022-05-03T01:33:00.250Z", NetworkTimeZone()), utc + absl::Milliseconds(250));
  EXPECT_EQ(ParseCatalogueTime("2022-05-03 01:33:00", absl::UTCTimeZone()), utc);
  for (const char* same : {"2022-05-03T09:33:00+08:00", "2022-05-03T09:33:00+0800", "2022-05-03 03:33:00 +02",
                           "2022-05-02T19:33:00-06:00", "2022-05-03 01:33:00 UTC", "2022-05-03T01:32:60Z"}) {
    EXPECT_EQ(ParseCatalogueTime(same, absl::UTCTimeZone()), utc) << same;
  }
  EXPECT_EQ(ParseCatalogueTime("2022/5/2 24:00:00", NetworkTimeZone()),
            ParseCatalogueTime("2022/5/3 0:00", NetworkTimeZone()));
  for (const char* bad : {"", "2022/5/3", "2022/13/3 9:33", "2022/2/30 9:33", "2022/5/3 24:33", "2022/5/3 9:61",
                          "yesterday", "2022/5/3 9:33 x", "2022/5/3 9:33:61", "2022/5/3 9:33+25:00"}) {
    EXPECT_EQ(ParseCatalogueTime(bad, absl::UTCTimeZone()), std::nullopt) << bad;
  }
}

TEST(CatalogueCsvTest, ReadsCencInNetworkTime) {
  const CatalogueText text =
      Read(std::string(kCencHeader) + "2021/4/7 8:05,4.0,27.31,102.46,12,Somewhere\n2021/4/7 23:59,3.1,28.5,101.2,,\n");
  EXPECT_EQ(text.format, CatalogueFormat::kCenc);
  EXPECT_THAT(text.bad_lines, IsEmpty());
  ASSERT_EQ(text.events.size(), 2U);
  const SeismicEvent& event = text.events[0];
  EXPECT_EQ(FormatUtc(event.origin_time), "2021-04-07T00:05:00Z");
  EXPECT_EQ(event.source, "cenc");
  EXPECT_EQ(event.source_event_id, "20210407T0005_27.31_102.46");
  EXPECT_EQ(event.magnitude, 4.0);
  EXPECT_EQ(event.depth_km, 12.0);
  EXPECT_EQ(event.place, "Somewhere");
  EXPECT_EQ(text.events[1].depth_km, std::nullopt);
}

TEST(CatalogueCsvTest, ListsEveryBadLineAndReadsTheOthers) {
  const CatalogueText text = Read(std::string(kCencHeader) +
                                  "2021/4/7 8:05,4.0,27.31,102.46,12,A\n"
                                  "2021/4/31 8:05,4.0,27.31,102.46,12,B\n"
                                  "2021/4/8 8:05,big,27.31,102.46,12,C\n"
                                  "2021/4/9 8:05,4.0,97.31,102.46,12,D\n"
                                  "2021/4/10 8:05,4.0,27.31\n"
                                  "2021/4/11 8:05,nan,27.31,102.46,12,E\n"
                                  "2021/4/12 8:05,3.3,27.31,102.46,deep,F\n"
                                  "2021/4/13 8:05,3.9,27.31,102.46,12,\"G, quoted\"\n");
  ASSERT_EQ(text.events.size(), 3U);
  EXPECT_EQ(text.events[2].place, "G, quoted");
  ASSERT_EQ(text.bad_lines.size(), 5U);
  EXPECT_EQ(Faults(text)[0], "3: time '2021/4/31 8:05' is no time");
  EXPECT_EQ(Faults(text)[1], "4: magnitude 'big' is no number");
  EXPECT_THAT(Faults(text)[2], HasSubstr("5: "));
  EXPECT_EQ(Faults(text)[3], "6: 3 fields, 6 columns");
  EXPECT_EQ(Faults(text)[4], "7: magnitude 'nan' is no number");
  EXPECT_EQ(text.events[1].depth_km, std::nullopt) << "a depth is not worth an event";
  ASSERT_EQ(text.left_out.size(), 1U);
  EXPECT_EQ(text.left_out[0].reason, "depth 'deep' is none");
}

TEST(CatalogueCsvTest, WhatIsKnownOfALostEventIsKept) {
  const CatalogueText text = Read(std::string(kCencHeader) +
                                  "2021/4/7 8:05,4.0,27.31,102.46,12,A\n"
                                  "2021/4/8 8:05,6.0,27.31,463,12,no longitude\n"
                                  "2021/4/31 8:05,5.0,27.31,102.46,12,no time\n"
                                  "2021/4/9 8:05,0x1p2,27.31,102.46,12,a hexadecimal float is no magnitude\n"
                                  "2021/4/10 8:05,4.0,27.31,102.46,12,B\n"
                                  "2021/4/10 8:05,4.0,27.31,102.46,12,B\n");
  ASSERT_EQ(text.bad_lines.size(), 4U);
  EXPECT_EQ(text.bad_lines[0].not_before, ParseCatalogueTime("2021/4/8 8:05", NetworkTimeZone()));
  EXPECT_EQ(text.bad_lines[0].magnitude, 6.0);
  EXPECT_EQ(text.bad_lines[0].epicenter, std::nullopt);
  EXPECT_EQ(text.bad_lines[1].not_before, text.events[0].origin_time) << "the list is in order of time";
  EXPECT_EQ(text.bad_lines[2].epicenter, (GeoPoint{27.31, 102.46}));
  EXPECT_EQ(text.bad_lines[2].magnitude, std::nullopt);
  EXPECT_TRUE(text.bad_lines[2].lost);
  EXPECT_FALSE(text.bad_lines[3].lost) << "a line again is no event lost";
}

TEST(CatalogueCsvTest, AMisdatedEventIsNoEventAndMayHaveBeenAtAnyTimeOfItsNeighbours) {
  CatalogueOptions options;
  options.now = *ParseCatalogueTime("2021-04-09 00:00", absl::UTCTimeZone());
  const auto text =
      ReadCatalogue(absl::StrCat(kCencHeader, "2021/4/6 8:05,4.0,27.31,102.46,12,Z\n",
                                 "2021/4/7 8:05,4.0,27.31,102.46,12,A\n", "2033/4/8 8:05,6.0,27.31,102.4,12,B\n"),
                    options);
  ASSERT_TRUE(text.ok());
  ASSERT_EQ(text->events.size(), 2U);
  ASSERT_EQ(text->bad_lines.size(), 1U);
  EXPECT_THAT(text->bad_lines[0].reason, HasSubstr("lies in the future"));
  EXPECT_EQ(text->bad_lines[0].not_before, text->events[1].origin_time);
  EXPECT_EQ(text->bad_lines[0].not_after, std::nullopt);
}

TEST(CatalogueCsvTest, AQuoteInAPlaceSwallowsNothing) {
  const std::string lines =
      "ev1|2019-06-01T07:26:06|27.25|101.5|10|us|isc|us|ev1|Mw|5.1|us|\"Somewhere\n"
      "ev2|2019-06-02T07:26:06|27.25|101.5|10|us|isc|us|ev2|Mw|6.5|us|B\n";
  const CatalogueText text = Read(kFdsnHeader + lines);
  EXPECT_THAT(Ids(text), ElementsAre("ev1", "ev2"));
  EXPECT_EQ(text.events[0].place, "\"Somewhere");
  const CatalogueText quoted = Read(std::string(kCencHeader) + "2021/4/7 8:05,4.0,27.31,102.46,12,\"A\n" +
                                    "2021/4/8 8:05,6.5,27.31,102.46,12,B\n");
  EXPECT_EQ(quoted.events.size(), 2U);
  EXPECT_THAT(Faults(quoted), IsEmpty());
}

TEST(CatalogueCsvTest, LinesMayEndWithACarriageReturnAlone) {
  const CatalogueText text = Read(
      "Time,Magnitude,Latitude,Longtitude,deep,Location\r2021/4/7 8:05,4.0,27.31,102.46,12,A\r"
      "2021/4/8 8:05,big,27.31,102.46,12,B\r");
  EXPECT_EQ(text.events.size(), 1U);
  EXPECT_EQ(Faults(text), std::vector<std::string>{"3: magnitude 'big' is no number"});
}

TEST(CatalogueCsvTest, CommentsAndHeadersThatComeAgainAreCountedNotRefused) {
  const CatalogueText text =
      Read(std::string("# from the service\n") + kFdsnHeader +
           "ev1|2019-06-01T07:26:06|27.25|101.5|10|us|isc|us|ev1|Mw|5.1|us|A\n# the end\n" + kFdsnHeader);
  EXPECT_EQ(text.events.size(), 1U);
  EXPECT_THAT(Faults(text), IsEmpty());
  EXPECT_EQ(text.comments, 2);
}

TEST(CatalogueCsvTest, TypesAreReadInEveryCaseAndOthersCarriedThrough) {
  const std::string header = std::string(kFdsnHeader).substr(0, sizeof kFdsnHeader - 2) + "|EventType\n";
  const auto line = [](int n, const std::string& type) {
    return "ev" + std::to_string(n) + "|2019-06-0" + std::to_string(n) +
           "T07:26:06|27.25|101.5|10|us|isc|us||Mw|5.1|us|A|" + type + "\n";
  };
  const CatalogueText text =
      Read(header + line(1, "Earthquake") + line(2, "eq") + line(3, "") + line(4, "quarry blast") +
           line(5, "not_existing") + "ev6||||||isc|||||||deleted\n" + line(7, "Not Reported"));
  EXPECT_THAT(Ids(text), ElementsAre("ev1", "ev2", "ev3"));
  EXPECT_THAT(Faults(text), IsEmpty());
  ASSERT_EQ(text.others.size(), 4U);
  EXPECT_EQ(text.others[0].source, "fdsn:isc");
  EXPECT_EQ(text.others[0].type, "quarry blast");
  EXPECT_EQ(text.others[0].id, "ev4");
  EXPECT_EQ(text.others[1].type, "not_existing");
  EXPECT_EQ(text.others[2].type, "deleted");
  EXPECT_EQ(text.others[2].id, "ev6") << "withdrawn, without coordinates";
}

TEST(CatalogueCsvTest, APlaceThatHoldsTheSeparatorUnquotedIsReadAsItIs) {
  const CatalogueText text = Read(std::string(kCencHeader) + "2021/4/7 8:05,4.0,27.31,102.46,12,Wenchuan, Sichuan\n");
  EXPECT_THAT(Faults(text), IsEmpty());
  ASSERT_EQ(text.events.size(), 1U);
  EXPECT_EQ(text.events[0].place, "Wenchuan, Sichuan");
}

// One small input of each format: how it is told, and what is read of its first event, which is
// always the same one.
struct FormatCase {
  CatalogueFormat format;
  std::string source;  // empty: anybody writes such files, and who did must be said
  std::string id, text;
};
class CatalogueFormatTest : public testing::TestWithParam<FormatCase> {};

TEST_P(CatalogueFormatTest, IsToldAndRead) {
  if (GetParam().source.empty()) {
    EXPECT_THAT(ReadCatalogue(GetParam().text, {}).status().message(), HasSubstr("does not say which catalogue"));
  }
  CatalogueOptions named;
  named.otherwise = "somebody";
  const auto read = ReadCatalogue(GetParam().text, named);
  ASSERT_TRUE(read.ok()) << read.status();
  const CatalogueText& text = *read;
  EXPECT_EQ(text.format, GetParam().format);
  EXPECT_THAT(Faults(text), IsEmpty());
  ASSERT_EQ(text.events.size(), 1U);
  const SeismicEvent& event = text.events[0];
  EXPECT_EQ(event.source, GetParam().source.empty() ? "somebody" : GetParam().source);
  EXPECT_EQ(event.source_event_id, GetParam().id);
  EXPECT_EQ(FormatUtc(event.origin_time), "2019-06-01T07:26:06Z");
  EXPECT_EQ(event.epicenter, (GeoPoint{-27.25, -178.5}));
  EXPECT_EQ(event.depth_km, 12.5);
  EXPECT_EQ(event.magnitude, 5.4);
  CatalogueOptions options;
  options.format = GetParam().format;
  options.source = "mine";
  const auto forced = ReadCatalogue(GetParam().text, options);
  ASSERT_TRUE(forced.ok()) << forced.status();
  EXPECT_EQ(forced->events.at(0).source, "mine");
}

INSTANTIATE_TEST_SUITE_P(
    Formats, CatalogueFormatTest,
    testing::Values(
        FormatCase{
            CatalogueFormat::kFdsnText, "fdsn:isc", "ev1",
            "#EventID | Time | Latitude | Longitude | Depth/km | Author | Catalog | Contributor | ContributorID | "
            "MagType | Magnitude | MagAuthor | EventLocationName\n"
            "ev1 | 2019-06-01T07:26:06 | -27.25 | 181.5 | 12.5 | us | ISC | us | ev1 | Mw | 5.4 | us | A|B\n"},
        FormatCase{CatalogueFormat::kComcat, "comcat", "us1",
                   "time,latitude,longitude,depth,mag,magType,id,place,type\n"
                   "2019-06-01T07:26:06.000Z,-27.25,-178.5,12.5,5.4,mww,us1,\"1 km E of A, B\",earthquake\n"},
        FormatCase{CatalogueFormat::kLibcomcat, "comcat", "us1",
                   "id,time,location,latitude,longitude,depth,magnitude,alert,url,eventtype,significance\n"
                   "us1,2019-06-01 07:26:06.000,\"E of A\",-27.25,-178.5,12.5,5.4,,http://x,earthquake,1\n"},
        FormatCase{
            CatalogueFormat::kGeonet, "geonet", "2019p1",
            "publicid,eventtype,origintime,modificationtime,longitude, latitude, magnitude, depth,magnitudetype\n"
            "2019p1,earthquake,2019-06-01T07:26:06.000Z,2019-06-02T00:00:00Z,-178.5,-27.25,5.4,12.5,Mw(mB)\n"
            "2019p2,not existing,2019-06-01T07:26:06.000Z,2019-06-02T00:00:00Z,-178.5,-27.25,5.4,12.5,Mw(mB)\n"},
        FormatCase{CatalogueFormat::kEqlst, "eqlst", "20190601T072606_-27.25_-178.50",
                   "Longitude,Latitude,Magnitude,Depth,Time,Timestamp\n"
                   "-178.5,-27.25,5.4,12.5,2019-06-01 15:26:06,1559373966\n"},
        FormatCase{CatalogueFormat::kCenc, "cenc", "20190601T0726_-27.25_-178.50",
                   "发震时刻(UTC+8),震级(M),纬度(°),经度(°),深度(千米),参考位置\n"
                   "2019-06-01 15:26:06,5.4,-27.25,-178.5,12.5,克马德克群岛\n"},
        FormatCase{CatalogueFormat::kEmsc, "emsc", "779",
                   "Date;Time (UTC);Latitude;Longitude;Depth;Magnitude type;Magnitude;Region name;Eqid\n"
                   "2019-06-01;07:26:06.0;-27.25;-178.5;12.5;mw;5.4;KERMADEC ISLANDS REGION;779\n"},
        FormatCase{
            CatalogueFormat::kCsep, "", "7",
            "lon,lat,mag,time_string,depth,catalog_id,event_id\n-178.5,-27.25,5.4,2019-06-01T07:26:06.000,12.5,-1,7\n"},
        FormatCase{CatalogueFormat::kCsep, "", "7", "-178.5,-27.25,5.4,2019-06-01T07:26:06.000,12.5,-1,7\n"},
        FormatCase{CatalogueFormat::kZmap, "", "20190601T072606_-27.25_-178.50",
                   "% lon lat year month day mag depth hour minute second\n"
                   "-178.5\t-27.25\t2019.4138\t6\t1\t5.4\t12.5\t7\t26\t6.0\n"}),
    [](const auto& one) { return std::string(CatalogueFormatName(one.param.format)) + std::to_string(one.index); });

TEST(CatalogueCsvTest, EventsOfOneMinuteAndPlaceStayApartWhateverTheirOrder) {
  const std::string small = "2021/4/7 8:05,3.1,27.31,102.46,12,A\n", large = "2021/4/7 8:05,4.2,27.31,102.46,10,A\n";
  const CatalogueText one = Read(kCencHeader + small + large), other = Read(kCencHeader + large + small);
  EXPECT_THAT(Ids(one), ElementsAre("20210407T0005_27.31_102.46_M3.1", "20210407T0005_27.31_102.46"));
  EXPECT_THAT(Ids(other), ElementsAre("20210407T0005_27.31_102.46", "20210407T0005_27.31_102.46_M3.1"));
}

TEST(CatalogueCsvTest, ACorrectedMagnitudeKeepsTheId) {
  EXPECT_EQ(Ids(Read(std::string(kCencHeader) + "2021/4/7 8:05,3.1,27.31,102.46,12,A\n")),
            Ids(Read(std::string(kCencHeader) + "2021/4/7 8:05,3.4,27.31,102.46,15,B\n")));
}

TEST(CatalogueCsvTest, AColumnThatIsThereTwiceIsRefusedByName) {
  EXPECT_EQ(ReadCatalogue("id,time,latitude,longitude,depth,mag,mag,type\n").status().message(),
            "has the column 'mag' twice");
  EXPECT_TRUE(ReadCatalogue("发震时刻,震级(ML),震级(MS),纬度,经度,深度\n").ok());
}

TEST(CatalogueCsvTest, AZmapDateIsWholeAndItsYearHasItsCentury) {
  const CatalogueText text = Read(
      "102 27 2019 6 1 5.4 10 7 26 6\n102 27 25 6 1 5.4 10 7 26 6\n102 27 2019 3.7 1 5.4 10 7 26 6\n"
      "102 27 2019 6 1.5 5.4 10 7 26 6\n",
      {CatalogueFormat::kZmap, "own"});
  EXPECT_EQ(text.events.size(), 1U);
  EXPECT_THAT(Faults(text), ElementsAre("2: time '25-6-1T7:26:6' is no time", "3: time '2019-3.7-1T7:26:6' is no time",
                                        "4: time '2019-6-1.5T7:26:6' is no time"));
}

TEST(CatalogueCsvTest, ACsepCatalogueWithoutEventsIsAComment) {
  const CatalogueText text = Read(
      "lon,lat,mag,time_string,depth,catalog_id,event_id\n,,,,,0,\n"
      "-178.5,-27.25,5.4,2019-06-01T07:26:06.000,12.5,1,7\n",
      {std::nullopt, "own"});
  EXPECT_EQ(text.events.size(), 1U);
  EXPECT_THAT(Faults(text), ElementsAre());
  EXPECT_EQ(text.comments, 1);
}

TEST(CatalogueCsvTest, ARepeatedLineIsReported) {
  const std::string line = "2021/4/7 8:05,3.1,27.31,102.46,12,A\n";
  const CatalogueText text = Read(kCencHeader + line + line);
  EXPECT_EQ(text.events.size(), 1U);
  EXPECT_THAT(Faults(text), ElementsAre("3: repeats line 2"));
}

}  // namespace
}  // namespace tremorcast
