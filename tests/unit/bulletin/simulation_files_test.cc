#include "bulletin/simulation_files.h"

#include <sstream>

#include <absl/strings/match.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/readers/catalogue_csv.h"
#include "tests/unit/bulletin/bulletin_world.h"

namespace tremorcast::bulletin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(SimulationFilesTest, DatHoldsALineForEachCellAndMagnitudeBinBelowComments) {
  const std::string dat = RatesDat(MakeRates());
  std::vector<std::string> lines = absl::StrSplit(dat, '\n', absl::SkipEmpty());
  std::vector<std::string> comments;
  while (!lines.empty() && absl::StartsWith(lines.front(), "#")) {
    comments.push_back(lines.front());
    lines.erase(lines.begin());
  }
  const std::string head = absl::StrJoin(comments, "\n");
  for (const char* said : {"regions/area-0/forecasts/f1", "model m1 weights abc seed 7 catalogues 1000",
                           "from 2020-12-05T16:00:00Z to 2020-12-12T16:00:00Z, 7 days",
                           "known at 2020-12-05T16:30:00Z, complete from M 3.00 on"}) {
    EXPECT_THAT(head, HasSubstr(said));
  }
  ASSERT_EQ(lines.size(), 3U * 4);
  EXPECT_EQ(lines[0], "100.1 100.2 22.3 22.4 0 700 3.5 4 2.000000000e-02 1");
  EXPECT_THAT(lines[3], StartsWith("100.1 100.2 22.3 22.4 0 700 5 10 "));
  double sum = 0;
  for (const std::string& line : lines) {
    std::istringstream in(line);
    double value[10];
    for (double& one : value) ASSERT_TRUE(in >> one) << line;
    EXPECT_EQ(value[9], 1);
    EXPECT_NEAR(value[1] - value[0], 0.1, 1e-9);
    EXPECT_NEAR(value[3] - value[2], 0.1, 1e-9);
    sum += value[8];
  }
  EXPECT_NEAR(sum, 0.04 + 2.5 + 1e-7, 1e-9) << "the bins of a cell add up to its events";
}

TEST(SimulationFilesTest, GeoJsonHoldsACounterclockwiseSquareForEachCell) {
  const auto json = nlohmann::json::parse(RatesGeoJson(MakeRates()));
  EXPECT_EQ(json["type"], "FeatureCollection");
  EXPECT_EQ(json["forecast"], "regions/area-0/forecasts/f1");
  EXPECT_EQ(json["seed"], 7);
  EXPECT_EQ(json["days"], 7);
  EXPECT_EQ(json["completeness_magnitude"], 3);
  EXPECT_EQ(json["valid_to"], "2020-12-12T16:00:00Z");
  ASSERT_EQ(json["features"].size(), 3U);
  const auto& first = json["features"][0];
  const auto& ring = first["geometry"]["coordinates"][0];
  ASSERT_EQ(ring.size(), 5U);
  EXPECT_EQ(ring[0], ring[4]);
  EXPECT_DOUBLE_EQ(ring[0][0].get<double>(), 100.1);
  EXPECT_DOUBLE_EQ(ring[1][0].get<double>(), 100.2) << "eastward first";
  EXPECT_DOUBLE_EQ(ring[2][1].get<double>(), 22.4);
  EXPECT_DOUBLE_EQ(first["properties"]["expected"].get<double>(), 0.04);
  EXPECT_DOUBLE_EQ(first["properties"]["p_m3.5"].get<double>(), 0.03);
  EXPECT_DOUBLE_EQ(first["properties"]["p_m5.0"].get<double>(), 0.003);
  v1::RateMap none = MakeRates();
  none.clear_cells();
  EXPECT_TRUE(nlohmann::json::parse(RatesGeoJson(none))["features"].empty());
}

v1::SimulatedCatalogue Catalogue(int64_t index, int events, int first = 0) {
  v1::SimulatedCatalogue catalogue;
  catalogue.set_index(index);
  catalogue.set_first_event(first);
  for (int i = 0; i < events; ++i) {
    v1::SimulatedEvent* event = catalogue.add_events();
    event->mutable_origin_time()->set_seconds(absl::ToUnixSeconds(kWeek) + 60 * i);
    event->mutable_origin_time()->set_nanos(i == 0 ? 0 : 1234000);
    event->set_latitude_degrees(22.123456789);
    event->set_longitude_degrees(-179.5);
    event->set_magnitude(3.6);
  }
  return catalogue;
}

TEST(SimulationFilesTest, EmptyCataloguesAreALineWithTheirNumberAlone) {
  std::string csv = kCataloguesCsvHeader;
  AppendCatalogueCsv(Catalogue(0, 0), &csv);
  AppendCatalogueCsv(Catalogue(1, 2), &csv);
  AppendCatalogueCsv(Catalogue(1, 1, 2), &csv);  // goes on in the next page
  AppendCatalogueCsv(Catalogue(1, 0, 3), &csv);  // and ended with the page before
  AppendCatalogueCsv(Catalogue(2, 0), &csv);
  EXPECT_THAT(absl::StrSplit(csv, '\n', absl::SkipEmpty()),
              ElementsAre("lon,lat,mag,time_string,depth,catalog_id,event_id", ",,,,,0,",
                          "-179.50000000,22.12345679,3.60,2020-12-05T16:00:00.000000,,1,1-1",
                          "-179.50000000,22.12345679,3.60,2020-12-05T16:01:00.001234,,1,1-2",
                          "-179.50000000,22.12345679,3.60,2020-12-05T16:00:00.000000,,1,1-3", ",,,,,2,"));
  // Our own reader takes the events.
  CatalogueOptions options;
  options.source = "simulated-for-a-test";
  const auto read = ReadCatalogue(csv, options);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->events.size(), 3U);
  EXPECT_EQ(read->events[1].origin_time, kWeek + absl::Seconds(60) + absl::Microseconds(1234));
  EXPECT_EQ(read->events[0].source_event_id, "1-1");
}

}  // namespace
}  // namespace tremorcast::bulletin
