#include "formats/catalogue_file.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/time_grid.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

CatalogueText Read(const std::string& text) {
  auto read = ReadCatalogueFile(text);
  EXPECT_TRUE(read.ok()) << read.status();
  return read.ok() ? *std::move(read) : CatalogueText();
}

void ExpectTheEvent(const SeismicEvent& event, const std::string& source, const std::string& id) {
  EXPECT_EQ(event.source, source);
  EXPECT_EQ(event.source_event_id, id);
  EXPECT_EQ(FormatUtc(event.origin_time), "2019-06-01T07:26:06Z");
  EXPECT_EQ(event.epicenter, (GeoPoint{-27.25, -178.5}));
  EXPECT_EQ(event.depth_km, 12.5);
  EXPECT_EQ(event.magnitude, 5.4);
  EXPECT_EQ(event.magnitude_type, "Mw");
  EXPECT_EQ(event.place, "Kermadec");
}

constexpr char kQuakeml[] = R"(<?xml version="1.0" encoding="UTF-8"?>
<q:quakeml xmlns="http://quakeml.org/xmlns/bed/1.2" xmlns:q="http://quakeml.org/xmlns/quakeml/1.2">
<eventParameters publicID="smi:x/parameters">
<event publicID="smi:webservices.ingv.it/fdsnws/event/1/query?eventId=42&amp;x=1">
 <preferredOriginID>smi:o/2</preferredOriginID><preferredMagnitudeID>smi:m/2</preferredMagnitudeID>
 <type>earthquake</type><description><text>Kermadec</text></description>
 <creationInfo><agencyID>INGV</agencyID></creationInfo>
 <origin publicID="smi:o/1"><time><value>2019-06-01T07:26:00Z</value></time></origin>
 <origin publicID="smi:o/2"><time><value>2019-06-01T07:26:06Z</value></time><latitude><value>-27.25</value></latitude>
  <longitude><value>-178.5</value></longitude><depth><value>12500</value></depth></origin>
 <magnitude publicID="smi:m/1"><mag><value>5.0</value></mag><type>ML</type></magnitude>
 <magnitude publicID="smi:m/2"><mag><value>5.4</value></mag><type>Mw</type></magnitude>
</event>
<event publicID="smi:x/evid=43"><type>quarry blast</type></event>
<event publicID="smi:x/44"><origin publicID="o"><time><value>2019-06-02T00:00:00Z</value></time></origin></event>
</eventParameters></q:quakeml>)";

TEST(CatalogueFileTest, ReadsThePreferredOriginAndMagnitudeOfQuakeml) {
  const CatalogueText text = Read(kQuakeml);
  EXPECT_EQ(text.format, CatalogueFormat::kQuakeml);
  ASSERT_EQ(text.events.size(), 1U);
  ExpectTheEvent(text.events[0], "fdsn:ingv", "42");
  ASSERT_EQ(text.others.size(), 1U);
  EXPECT_EQ(text.others[0].type, "quarry blast");
  EXPECT_EQ(text.others[0].id, "43");
  EXPECT_EQ(text.others[0].source, "fdsn:x") << "by the authority of its id";
  ASSERT_EQ(text.bad_lines.size(), 1U);
  EXPECT_EQ(text.bad_lines[0].line, 15);
  EXPECT_EQ(text.bad_lines[0].reason, "event 44: magnitude is empty");
  EXPECT_EQ(FormatUtc(*text.bad_lines[0].not_before), "2019-06-02T00:00:00Z");
}

TEST(CatalogueFileTest, QuakemlIdsThatEndAlikeAreTwoEvents) {
  std::string xml = "<quakeml><eventParameters>";
  for (const char* id : {"smi:x.org/a/1", "smi:x.org/b/1", "smi:x.org/c/2"}) {
    xml += std::string("<event publicID=\"") + id +
           "\"><origin><time><value>2019-06-01T07:26:06Z</value></time><latitude><value>1</value></latitude><longitude>"
           "<value>2</value></longitude></origin><magnitude><mag><value>5</value></mag></magnitude></event>";
  }
  const CatalogueText text = Read(xml + "</eventParameters></quakeml>");
  ASSERT_EQ(text.events.size(), 3U);
  EXPECT_EQ(text.events[0].source_event_id, "smi:x.org/a/1");
  EXPECT_EQ(text.events[1].source_event_id, "smi:x.org/b/1");
  EXPECT_EQ(text.events[2].source_event_id, "2");
}

TEST(CatalogueFileTest, RefusesXmlThatIsNoQuakemlOrEndsEarly) {
  EXPECT_THAT(std::string(ReadCatalogueFile("<html><body/></html>").status().message()),
              HasSubstr("no QuakeML: <html>"));
  const std::string cut = std::string(kQuakeml).substr(0, 900);
  EXPECT_THAT(std::string(ReadCatalogueFile(cut).status().message()), HasSubstr("no XML from here on"));
}

std::string Feature(const std::string& properties, const std::string& coordinates, const std::string& id) {
  return R"({"type":"Feature","id":")" + id + R"(","properties":{)" + properties +
         R"(},"geometry":{"type":"Point","coordinates":[)" + coordinates + "]}}";
}

std::string Collection(const std::string& features) {
  return R"({"type":"FeatureCollection","features":[)" + features + "]}";
}

TEST(CatalogueFileTest, ReadsTheGeojsonOfFourPublishers) {
  const CatalogueText text = Read(Collection(
      Feature(
          R"("mag":5.4,"place":"Kermadec","time":1559373966000,"type":"earthquake","magType":"Mw","net":"us","code":"1")",
          "-178.5,-27.25,12.5", "us1") +
      "," +
      Feature(R"("unid":"2019_7","time":"2019-06-01T07:26:06.0Z","mag":5.4,"magtype":"Mw","depth":12.5,"evtype":"ke",)"
              R"("flynn_region":"Kermadec")",
              "-178.5,-27.25,-12.5", "x") +
      "," +
      Feature(R"("publicID":"2019p1","time":"2019-06-01T07:26:06Z","magnitude":5.4,"magnitudetype":"Mw","depth":12.5,)"
              R"("locality":"Kermadec")",
              "181.5,-27.25", "") +
      "," +
      Feature(
          R"("eventId":42,"time":"2019-06-01T07:26:06.000","mag":5.4,"magType":"Mw","type":"earthquake","place":"Kermadec")",
          "-178.5,-27.25,12.5", "")));
  EXPECT_EQ(text.format, CatalogueFormat::kGeojson);
  EXPECT_THAT(text.bad_lines, IsEmpty());
  ASSERT_EQ(text.events.size(), 4U);
  ExpectTheEvent(text.events[0], "comcat", "us1");
  ExpectTheEvent(text.events[1], "emsc", "2019_7");
  ExpectTheEvent(text.events[2], "geonet", "2019p1");
  ExpectTheEvent(text.events[3], "ingv", "42");
}

TEST(CatalogueFileTest, AFeatureAtFaultIsNamedAndTheOthersAreRead) {
  const std::string good =
      Feature(R"("mag":5.4,"time":1559373966000,"net":"us","code":"1")", "-178.5,-27.25,12.5", "us1");
  const CatalogueText text =
      Read(Collection(good + "," + Feature(R"("mag":null,"time":1559373966000,"net":"us","code":"2")", "1,2", "us2") +
                      ",7," + Feature(R"("mag":3,"time":1e300,"net":"us","code":"3")", "1,2", "us3") + "," +
                      Feature(R"("mag":3,"status":"deleted","net":"us","code":"4")", "", "us4")));
  EXPECT_EQ(text.events.size(), 1U);
  ASSERT_EQ(text.bad_lines.size(), 3U);
  EXPECT_EQ(text.bad_lines[0].reason, "feature 2 (us2): magnitude is empty");
  EXPECT_EQ(text.bad_lines[1].reason, "feature 3: is no object");
  EXPECT_THAT(text.bad_lines[2].reason, HasSubstr("feature 4 (us3): time '1e+300' is no time"));
  ASSERT_EQ(text.others.size(), 1U);
  EXPECT_EQ(text.others[0].type, "deleted");
  EXPECT_THAT(std::string(ReadCatalogueFile("{\"a\": 1").status().message()),
              HasSubstr("no JSON: parse error at line 1, column 8"));
  EXPECT_THAT(std::string(ReadCatalogueFile("{\"a\": 1}").status().message()), HasSubstr("no list \"features\""));
}

TEST(CatalogueFileTest, AskForTheSourceWhereThePublisherIsNotKnown) {
  const std::string feature = Feature(R"("mag":5.4,"time":1559373966000)", "-178.5,-27.25,12.5", "7");
  EXPECT_THAT(std::string(ReadCatalogueFile(Collection(feature)).status().message()),
              HasSubstr("feature 1 (7) does not say which catalogue it is of: add --source NAME"));
  CatalogueOptions options;
  options.source = "mine";
  EXPECT_TRUE(ReadCatalogueFile(Collection(feature), options).ok());
}

TEST(CatalogueFileTest, GeojsonSaysWhenItsRecordsWereUpdated) {
  const CatalogueText text = Read(Collection(
      Feature(R"("mag":5.4,"time":1559373966000,"updated":1559373967000,"net":"us","code":"1")", "1,2,3", "us1") + "," +
      Feature(R"("unid":"7","time":"2019-06-01T07:26:06Z","lastupdate":"2019-06-01T07:26:07Z","mag":5)", "1,2,3", "")));
  ASSERT_EQ(text.events.size(), 2U);
  for (const SeismicEvent& event : text.events) EXPECT_EQ(event.updated, absl::FromUnixSeconds(1559373967));
}

TEST(CatalogueFileTest, NothingAtAllIsACatalogueWithoutEvents) {
  const CatalogueText text = Read("\xEF\xBB\xBF \r\n");
  EXPECT_THAT(text.events, IsEmpty());
  EXPECT_THAT(text.bad_lines, IsEmpty());
  EXPECT_FALSE(ReadCatalogueFile("Not found\n").ok());
}

}  // namespace
}  // namespace tremorcast
