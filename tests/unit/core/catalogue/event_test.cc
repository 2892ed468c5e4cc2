#include "core/catalogue/event.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tremorcast {
namespace {

SeismicEvent MakeEvent(const std::string& source, int seconds, double latitude, double longitude,
                       double magnitude = 4) {
  SeismicEvent event;
  event.source = source;
  event.source_event_id = source + std::to_string(seconds);
  event.origin_time = absl::FromUnixSeconds(seconds);
  event.epicenter = {latitude, longitude};
  event.magnitude = magnitude;
  return event;
}

std::vector<std::string> Merge(std::vector<SeismicEvent> events) {
  std::vector<std::string> ids;
  for (const SeismicEvent& e : MergeCatalogues(std::move(events), DefaultCataloguePrecedence())) {
    ids.push_back(e.source_event_id);
  }
  return ids;
}

using Ids = std::vector<std::string>;

TEST(DistanceKmTest, MeasuresGreatCircles) {
  EXPECT_NEAR(DistanceKm({0, 0}, {0, 1}), 111.195, 0.001);
  EXPECT_NEAR(DistanceKm({60, 0}, {60, 1}), 55.597, 0.01);
  EXPECT_NEAR(DistanceKm({0, 179.5}, {0, -179.5}), 111.195, 0.001);
  EXPECT_NEAR(DistanceKm({90, 0}, {-90, 0}), 20015.1, 0.1);
  EXPECT_EQ(DistanceKm({30, 100}, {30, 100}), 0);
}

TEST(MergeCataloguesTest, KeepsTheEventOfTheEarlierSource) {
  EXPECT_EQ(Merge({MakeEvent("comcat", 30, 30.3, 100), MakeEvent("cenc", 0, 30, 100)}), (Ids{"cenc0"}));
  EXPECT_EQ(Merge({MakeEvent("eqlst", 0, 30, 100), MakeEvent("fdsn:usgs", 60, 30, 100)}), (Ids{"eqlst0"}));
  EXPECT_EQ(Merge({MakeEvent("homemade", 0, 30, 100), MakeEvent("simulated", 5, 30, 100)}), (Ids{"simulated5"}));
}

TEST(MergeCataloguesTest, KeepsBothWhenTimeOrPlaceDiffer) {
  EXPECT_EQ(Merge({MakeEvent("cenc", 1, 30, 100), MakeEvent("comcat", 62, 30, 100)}), (Ids{"cenc1", "comcat62"}));
  EXPECT_EQ(Merge({MakeEvent("cenc", 0, 30, 100), MakeEvent("comcat", 10, 31, 100)}), (Ids{"cenc0", "comcat10"}));
}

TEST(MergeCataloguesTest, NeverDropsAnEventOfTheSameSource) {
  EXPECT_EQ(Merge({MakeEvent("cenc", 20, 30, 100), MakeEvent("cenc", 0, 30, 100)}), (Ids{"cenc0", "cenc20"}));
}

TEST(MergeCataloguesTest, ADeletedEventHidesNothing) {
  SeismicEvent deleted = MakeEvent("cenc", 0, 30, 100);
  deleted.deleted = true;
  EXPECT_EQ(Merge({deleted, MakeEvent("comcat", 1, 30, 100)}), (Ids{"comcat1"}));
}

TEST(ValidateEventTest, RefusesWhatCannotBeAnEarthquake) {
  EXPECT_TRUE(ValidateEvent(MakeEvent("cenc", 0, 30, 100)).ok());
  EXPECT_FALSE(ValidateEvent(MakeEvent("", 0, 30, 100)).ok());
  EXPECT_FALSE(ValidateEvent(MakeEvent("cenc", 0, 91, 100)).ok());
  EXPECT_FALSE(ValidateEvent(MakeEvent("cenc", 0, 30, 100, 12)).ok());
  EXPECT_FALSE(ValidateEvent(MakeEvent("cenc", 0, 30, 100, std::numeric_limits<double>::quiet_NaN())).ok());
  SeismicEvent event = MakeEvent("cenc", 0, 30, 100);
  event.depth_km = 5000;
  EXPECT_FALSE(ValidateEvent(event).ok());
  event = MakeEvent("cenc", 0, 30, 100);
  event.source_event_id.clear();
  EXPECT_FALSE(ValidateEvent(event).ok());
  event = MakeEvent("cenc", 0, 30, 100);
  event.origin_time = absl::InfinitePast();
  EXPECT_FALSE(ValidateEvent(event).ok());
}

}  // namespace
}  // namespace tremorcast
