// What each agency prints, read as it means it.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/time_grid.h"
#include "core/readers/catalogue_csv.h"
#include "core/readers/civil_text.h"
#include "tests/unit/core/readers/catalogue_texts.h"
#include "tests/unit/core/readers/test_files.h"

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(CatalogueFormatsTest, ReadsEqlstWithByteOrderMarkAndCarriageReturns) {
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

TEST(CatalogueFormatsTest, ReadsFdsnText) {
  const CatalogueText text = Read(
      "#EventID|Time|Latitude|Longitude|Depth/"
      "km|Author|Catalog|Contributor|ContributorID|MagType|Magnitude|MagAuthor|EventLocationName\n"
      "ev1|2019-06-01T07:26:06.5|27.25|101.5|10.5|us|NEIC PDE|us|ev1|Mww|5.1|us|\"Somewhere\"\n"
      "ev2|2019-06-01T07:26:06|27.25|101.5||us||ISC|ev2||4.9|us|B\n"
      "ev3|2019-06-02T07:26:06|27.25|101.5||GCMT|||ev3||4.9|us|B\n");
  EXPECT_EQ(text.format, CatalogueFormat::kFdsnText);
  ASSERT_EQ(text.events.size(), 3U);
  EXPECT_EQ(text.events[0].source, "fdsn:neic pde");
  EXPECT_EQ(text.events[0].source_event_id, "ev1");
  EXPECT_EQ(text.events[0].magnitude_type, "Mww");
  EXPECT_EQ(absl::ToUnixMillis(text.events[0].origin_time), 1559373966500);
  EXPECT_EQ(text.events[1].source, "fdsn:isc") << "by its contributor";
  EXPECT_EQ(text.events[2].source, "fdsn:gcmt") << "by its author";
}

TEST(CatalogueFormatsTest, AFileThatDoesNotSayItsCatalogueIsNoPartOfANamelessOne) {
  const std::string text = std::string(kFdsnHeader) + "ev1|2019-06-01T07:26:06|27.25|101.5|10|||||Mw|5.1||A\n";
  EXPECT_EQ(ReadCatalogue(text).status().message(), "line 2 does not say which catalogue it is of: add --source NAME");
  CatalogueOptions options;
  options.source = "fdsn:mine";
  ASSERT_TRUE(ReadCatalogue(text, options).ok());
  EXPECT_EQ(ReadCatalogue(text, options)->events.at(0).source, "fdsn:mine");
  CatalogueOptions alone;  // it is merged with no other
  alone.otherwise = "file";
  EXPECT_EQ(ReadCatalogue(text, alone)->events.at(0).source, "file");
}

TEST(CatalogueFormatsTest, WhatIsNoEarthquakeIsNamedAsItWasWhenItWasOne) {
  const std::string header = "发震时刻(UTC+8),震级(M),纬度(°),经度(°),深度(千米),参考位置,事件类型\n";
  const auto line = [](absl::string_view minute, absl::string_view type) {
    return absl::StrCat("2019-06-01 15:", minute, ",4.4,27.25,101.5,0,A,", type, "\n");
  };
  const CatalogueText before = Read(header + line("26", "天然地震") + line("40", "天然地震"));
  ASSERT_EQ(before.events.size(), 2U);
  const CatalogueText after = Read(header + line("26", "爆破") + line("40", "天然地震") + line("40", "爆破"));
  ASSERT_EQ(after.events.size(), 1U);
  const std::vector<EventWithdrawal> withdrawals = Withdrawals(after);
  ASSERT_EQ(withdrawals.size(), 1U) << "the last line has the name of an earthquake of the file";
  EXPECT_EQ(withdrawals[0].source, "cenc");
  EXPECT_EQ(withdrawals[0].source_event_id, before.events[0].source_event_id);
}

TEST(CatalogueFormatsTest, ReadsComcatWithQuotedPlacesAndLeavesBlastsOut) {
  const CatalogueText text = Read(
      "time,latitude,longitude,depth,mag,magType,nst,gap,dmin,rms,net,id,updated,place,type\n"
      "2019-06-01T07:26:06.250Z,27.25,101.5,8,5.4,mww,,,,,us,us1,2020-01-01T00:00:00.000Z,\"1 km \"\"E\"\" of A, "
      "B\",earthquake\n"
      "2019-06-02T07:26:06.250Z,27.25,101.5,8,5.4,mww,,,,,us,us2,2020-01-01T00:00:00.000Z,C,quarry blast\n");
  EXPECT_EQ(text.format, CatalogueFormat::kComcat);
  ASSERT_EQ(text.events.size(), 1U);
  EXPECT_EQ(text.events[0].place, "1 km \"E\" of A, B");
  EXPECT_EQ(text.events[0].source_event_id, "us1");
  EXPECT_EQ(text.events[0].updated, absl::FromUnixSeconds(1577836800));
  EXPECT_THAT(Faults(text), IsEmpty());
  ASSERT_EQ(text.others.size(), 1U);
  EXPECT_EQ(text.others[0].updated, absl::FromUnixSeconds(1577836800));
  EXPECT_EQ(text.others[0].type, "quarry blast");
}

TEST(CatalogueFormatsTest, ATimeOfUpdateThatIsNoneIsLeftOutAndEveryNameReadsBack) {
  const std::string header =
      "source,source_event_id,time,latitude,longitude,depth_km,magnitude,magnitude_type,place,status,updated\n";
  const CatalogueText text = Read(header + "fdsn:,1,2019-06-01T07:26:06Z,1,2,,5,,,,99999-01-01T00:00:00Z\n" +
                                  "cenc,2,2019-06-01T07:26:06Z,1,2,,5,,,,2019-06-02T07:26:06.000007Z\n");
  ASSERT_EQ(text.events.size(), 2U);
  EXPECT_FALSE(text.events[0].updated.has_value());
  EXPECT_EQ(text.events[1].updated, absl::FromUnixSeconds(1559460366) + absl::Microseconds(7));
  EXPECT_EQ(Read(WriteCatalogue(text.events)).events, text.events);
  EXPECT_TRUE(ReadCatalogue(WriteFdsnText(text.events)).ok());
}

TEST(CatalogueFormatsTest, RefusesWhatIsNoCatalogue) {
  EXPECT_EQ(ReadCatalogue("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadCatalogue("a,b,c\n1,2,3\n").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(ReadCatalogue(kCencHeader, {CatalogueFormat::kComcat, "", {}}).status().message()),
              HasSubstr("not one of ComCat CSV"));
  EXPECT_TRUE(ReadCatalogue(kCencHeader, {CatalogueFormat::kCenc, "", absl::InfiniteFuture()})->events.empty());
}

TEST(CatalogueFormatsTest, WrittenFdsnTextReadsBack) {
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

TEST(CatalogueFormatsTest, OurOwnTableGivesBackEveryBit) {
  SeismicEvent event;
  event.source = "cenc";
  event.source_event_id = "a,\"b\"";
  event.origin_time = absl::FromUnixMicros(-1559373966500123);
  event.epicenter = {27.1 + 1e-15, -179.99999999999997};
  event.depth_km = 1.0 / 3;
  event.magnitude = 4.1;
  event.place = "四川, \"A\"";
  SeismicEvent withdrawn = event;
  withdrawn.source_event_id = "2";
  withdrawn.deleted = true;
  const std::string written = WriteCatalogue({event, withdrawn});
  const CatalogueText text = Read(written);
  EXPECT_EQ(text.format, CatalogueFormat::kOwn);
  EXPECT_THAT(text.events, ElementsAre(event, withdrawn));
  EXPECT_EQ(WriteCatalogue(text.events), written);
}

TEST(CatalogueFormatsTest, ReadsThePublishedCencCatalogue) {
  TREMORCAST_NEED_SHARED_DATA();
  const CatalogueText text = Read(ReadWholeFile(SharedData() / "catalog" / "cenc_2012_2022.csv"));
  EXPECT_EQ(text.events.size() + text.bad_lines.size(), 10122U);
  EXPECT_THAT(Faults(text), IsEmpty());
  std::set<std::string> ids;
  for (const SeismicEvent& event : text.events) ids.insert(event.source_event_id);
  EXPECT_EQ(ids.size(), text.events.size());
}

TEST(CatalogueFormatsTest, ReadsThePublishedTargetEventsAndTheComcatList) {
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
