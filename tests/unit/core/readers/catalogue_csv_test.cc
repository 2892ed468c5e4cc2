#include "core/readers/catalogue_csv.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/time_grid.h"
#include "core/readers/civil_text.h"
#include "tests/unit/core/readers/test_files.h"

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kCencHeader[] = "Time,Magnitude,Latitude,Longtitude,deep,Location\n";

CatalogueText Read(const std::string& text) {
  absl::StatusOr<CatalogueText> result = ReadCatalogue(text);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *std::move(result) : CatalogueText();
}

std::vector<std::string> Ids(const CatalogueText& text) {
  std::vector<std::string> ids;
  for (const SeismicEvent& event : text.events) ids.push_back(event.source_event_id);
  return ids;
}

std::vector<std::string> Faults(const CatalogueText& text) {
  std::vector<std::string> faults;
  for (const BadLine& line : text.bad_lines) faults.push_back(std::to_string(line.line) + ": " + line.reason);
  return faults;
}

TEST(CatalogueTimeTest, ReadsWhatCataloguesPrint) {
  const absl::Time utc = absl::FromUnixSeconds(1651541580);
  EXPECT_EQ(ParseCatalogueTime("2022/5/3 9:33", NetworkTimeZone()), utc);
  EXPECT_EQ(ParseCatalogueTime("2022-05-03T01:33:00.250Z", NetworkTimeZone()), utc + absl::Milliseconds(250));
  EXPECT_EQ(ParseCatalogueTime("2022-05-03 01:33:00", absl::UTCTimeZone()), utc);
  for (const char* bad : {"", "2022/5/3", "2022/13/3 9:33", "2022/2/30 9:33", "2022/5/3 24:33", "2022/5/3 9:61",
                          "yesterday", "2022/5/3 9:33 x"}) {
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
  ASSERT_EQ(text.events.size(), 2U);
  EXPECT_EQ(text.events[1].place, "G, quoted");
  ASSERT_EQ(text.bad_lines.size(), 6U);
  EXPECT_THAT(Faults(text)[0], HasSubstr("3: column time: '2021/4/31 8:05' is no time"));
  EXPECT_THAT(Faults(text)[1], HasSubstr("4: column magnitude: 'big'"));
  EXPECT_THAT(Faults(text)[2], HasSubstr("5: "));
  EXPECT_EQ(Faults(text)[3], "6: 3 fields, 6 columns");
  EXPECT_THAT(Faults(text)[4], HasSubstr("7: column magnitude"));
  EXPECT_THAT(Faults(text)[5], HasSubstr("8: column deep"));
}

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

TEST(CatalogueCsvTest, ARepeatedLineIsReported) {
  const std::string line = "2021/4/7 8:05,3.1,27.31,102.46,12,A\n";
  const CatalogueText text = Read(kCencHeader + line + line);
  EXPECT_EQ(text.events.size(), 1U);
  EXPECT_THAT(Faults(text), ElementsAre("3: repeats line 2"));
}

TEST(CatalogueCsvTest, ReadsEqlstWithByteOrderMarkAndCarriageReturns) {
  const CatalogueText text = Read(
      "\xEF\xBB\xBFLongitude,Latitude,Magnitude,Time,Timestamp,Week,Location\r\n"
      "101.5,27.25,3.9,2019-06-01 07:26:06,1559345166,12,A\r\n"
      "101.5,27.25,3.9,2019-06-01 07:26:06,1559345160,12,B\r\n");
  EXPECT_EQ(text.format, CatalogueFormat::kEqlst);
  ASSERT_EQ(text.events.size(), 1U);
  EXPECT_EQ(text.events[0].origin_time, absl::FromUnixSeconds(1559345166));
  EXPECT_EQ(text.events[0].place, "A");
  EXPECT_THAT(Faults(text), ElementsAre("3: time and timestamp disagree"));
}

TEST(CatalogueCsvTest, ReadsFdsnText) {
  const CatalogueText text = Read(
      "#EventID|Time|Latitude|Longitude|Depth/"
      "km|Author|Catalog|Contributor|ContributorID|MagType|Magnitude|MagAuthor|EventLocationName\n"
      "ev1|2019-06-01T07:26:06.5|27.25|101.5|10.5|us|NEIC PDE|us|ev1|Mww|5.1|us|\"Somewhere\"\n"
      "ev2|2019-06-01T07:26:06|27.25|101.5||us||us|ev2||4.9|us|B\n");
  EXPECT_EQ(text.format, CatalogueFormat::kFdsnText);
  ASSERT_EQ(text.events.size(), 2U);
  EXPECT_EQ(text.events[0].source, "fdsn:neic pde");
  EXPECT_EQ(text.events[0].source_event_id, "ev1");
  EXPECT_EQ(text.events[0].magnitude_type, "Mww");
  EXPECT_EQ(absl::ToUnixMillis(text.events[0].origin_time), 1559373966500);
  EXPECT_EQ(text.events[1].source, "fdsn:unknown");
}

TEST(CatalogueCsvTest, ReadsComcatWithQuotedPlacesAndLeavesBlastsOut) {
  const CatalogueText text = Read(
      "time,latitude,longitude,depth,mag,magType,nst,gap,dmin,rms,net,id,updated,place,type\n"
      "2019-06-01T07:26:06.250Z,27.25,101.5,8,5.4,mww,,,,,us,us1,2020-01-01T00:00:00.000Z,\"1 km \"\"E\"\" of A, "
      "B\",earthquake\n"
      "2019-06-02T07:26:06.250Z,27.25,101.5,8,5.4,mww,,,,,us,us2,2020-01-01T00:00:00.000Z,C,quarry blast\n");
  EXPECT_EQ(text.format, CatalogueFormat::kComcat);
  ASSERT_EQ(text.events.size(), 1U);
  EXPECT_EQ(text.events[0].place, "1 km \"E\" of A, B");
  EXPECT_EQ(text.events[0].source_event_id, "us1");
  EXPECT_THAT(Faults(text), ElementsAre("3: a quarry blast, not an earthquake"));
}

TEST(CatalogueCsvTest, RefusesWhatIsNoCatalogue) {
  EXPECT_EQ(ReadCatalogue("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadCatalogue("a,b,c\n1,2,3\n").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(ReadCatalogue(kCencHeader, CatalogueFormat::kComcat).status().message()),
              HasSubstr("not a comcat header"));
  EXPECT_TRUE(ReadCatalogue(kCencHeader, CatalogueFormat::kCenc)->events.empty());
}

TEST(CatalogueCsvTest, WrittenFdsnTextReadsBack) {
  SeismicEvent event;
  event.source = "simulated";
  event.source_event_id = "sim-0-w0001-000";
  event.origin_time = absl::FromUnixMillis(1559373966500);
  event.epicenter = {27.123, 101.987};
  event.depth_km = 11;
  event.magnitude = 4.1;
  event.magnitude_type = "ML";
  event.place = "A, B";
  const CatalogueText text = Read(WriteFdsnText({event}));
  ASSERT_EQ(text.events.size(), 1U);
  EXPECT_EQ(text.events[0], event);
}

TEST(CatalogueCsvTest, ReadsThePublishedCencCatalogue) {
  TREMORCAST_NEED_SHARED_DATA();
  const CatalogueText text = Read(ReadWholeFile(SharedData() / "catalog" / "cenc_2012_2022.csv"));
  EXPECT_EQ(text.events.size() + text.bad_lines.size(), 10122U);
  EXPECT_THAT(Faults(text), IsEmpty());
  std::set<std::string> ids;
  for (const SeismicEvent& event : text.events) ids.insert(event.source_event_id);
  EXPECT_EQ(ids.size(), text.events.size());
}

TEST(CatalogueCsvTest, ReadsThePublishedTargetEventsAndTheComcatList) {
  TREMORCAST_NEED_SHARED_DATA();
  const CatalogueText eqlst = Read(ReadWholeFile(SharedData() / "aeta" / "eqlst.csv"));
  EXPECT_EQ(eqlst.format, CatalogueFormat::kEqlst);
  EXPECT_EQ(eqlst.events.size(), 189U);
  EXPECT_THAT(Faults(eqlst), IsEmpty());
  for (const SeismicEvent& event : eqlst.events) EXPECT_GE(event.magnitude, 3.5 - 1e-9);
  const CatalogueText comcat =
      Read(ReadWholeFile(SharedData() / "catalog" / "usgs_M5plus_2013_20231104_box22-34N_98-107E.csv"));
  EXPECT_EQ(comcat.format, CatalogueFormat::kComcat);
  EXPECT_THAT(Faults(comcat), IsEmpty());
  EXPECT_GT(comcat.events.size(), 50U);
  for (const SeismicEvent& event : comcat.events) {
    EXPECT_GE(event.magnitude, 5.0);
    EXPECT_GE(event.epicenter.latitude_deg, 22);
    EXPECT_LE(event.epicenter.longitude_deg, 107);
  }
}

}  // namespace
}  // namespace tremorcast
