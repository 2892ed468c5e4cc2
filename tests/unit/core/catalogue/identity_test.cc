#include "core/catalogue/identity.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kSecond = 7;  // within a minute: most times say their second

SeismicEvent Record(const std::string& source, int seconds, double magnitude = 4, double longitude = 100) {
  SeismicEvent event;
  event.source = source;
  event.source_event_id = absl::StrCat(source, seconds);
  event.origin_time = absl::FromUnixSeconds(1'600'000'020 + seconds);  // 1'600'000'020 begins a minute
  event.epicenter = {30, longitude};
  event.magnitude = magnitude;
  return event;
}

SeismicEvent Named(int seconds, double magnitude = 4, double longitude = 100) {
  SeismicEvent event = Record("cenc", seconds, magnitude, longitude);
  event.source_event_id = absl::StrCat(absl::FormatTime("%Y%m%dT%H%M", event.origin_time, absl::UTCTimeZone()),
                                       absl::StrFormat("_30.00_%.2f", longitude));
  return event;
}

std::vector<std::string> Merge(std::vector<SeismicEvent> events) {
  std::vector<std::string> ids;
  for (const SeismicEvent& e : MergeCatalogues(std::move(events), DefaultCataloguePrecedence()))
    ids.push_back(e.source_event_id);
  return ids;
}

TEST(IdentityDistanceTest, PutsTimeSpaceAndMagnitudeTogether) {
  const SeismicEvent a = Record("a", kSecond);
  EXPECT_EQ(IdentityDistance(a, a), 0);
  EXPECT_NEAR(IdentityDistance(a, Record("b", kSecond + 30)), .5, 1e-12);
  EXPECT_NEAR(IdentityDistance(a, Record("b", kSecond, 5)), .5, 1e-12);
  const double km = DistanceKm({30, 100}, {30, 100.5});
  EXPECT_NEAR(IdentityDistance(Record("b", kSecond + 30, 5, 100.5), a), std::hypot(.5, .5, km / 100), 1e-12);
}

TEST(IdentityDistanceTest, ATimeToTheMinuteStandsForAllOfIt) {
  const SeismicEvent minute = Record("cenc", 0);
  EXPECT_EQ(IdentityDistance(minute, Record("comcat", 59)), 0);
  EXPECT_NEAR(IdentityDistance(minute, Record("comcat", 62)), 2.0 / 60, 1e-12);
  EXPECT_NEAR(IdentityDistance(minute, Record("comcat", -2)), 2.0 / 60, 1e-12);
  EXPECT_EQ(IdentityDistance(minute, Record("other", 60)), 0) << "two minutes that touch";
}

TEST(MergeTest, AMinuteAndTwoSecondsLaterIsOneEarthquake) {
  EXPECT_THAT(Merge({Record("cenc", 0), Record("comcat", 62)}), ElementsAre("cenc0"));
}

TEST(MergeTest, AnEarthquakeTakesOneRecordOfEachCatalogueTheNearest) {
  // What one lists as a shock and its aftershock within half a minute the other lists as one.
  EXPECT_THAT(Merge({Record("cenc", 0, 5.6), Record("comcat", 26, 5.2), Record("comcat", 59, 5.1)}),
              ElementsAre("cenc0", "comcat59"));
  EXPECT_THAT(
      Merge({Record("cenc", 0, 5.6), Record("cenc", 60, 3.4), Record("comcat", 65, 5.5), Record("comcat", 70, 3.5)}),
      ElementsAre("cenc0", "cenc60"))
      << "magnitudes tell which is which";
}

TEST(MergeTest, CataloguesOfTheSameRankAreMergedToo) {
  EXPECT_THAT(Merge({Record("fdsn:isc", 9), Record("fdsn:emsc", 7)}), ElementsAre("fdsn:emsc7"));
  EXPECT_THAT(Merge({Record("mine", 9), Record("yours", 7)}), ElementsAre("mine9"));
}

TEST(MergeTest, WhatAPersonDecidedStands) {
  std::vector<SeismicEvent> far = {Record("cenc", 7), Record("comcat", 600, 5)};
  EXPECT_EQ(Merge(far).size(), 2u);
  far[0].joined = far[1].joined = {3};
  EXPECT_THAT(Merge(far), ElementsAre("cenc7"));
  std::vector<SeismicEvent> near = {Record("cenc", 7), Record("comcat", 8), Record("emsc", 9)};
  EXPECT_EQ(Merge(near).size(), 1u);
  near[0].apart = near[1].apart = {4};
  EXPECT_THAT(Merge(near), ElementsAre("cenc7", "comcat8")) << "the third goes with its nearest";
  std::vector<SeismicEvent> twice = {Record("cenc", 7), Record("cenc", 67)};
  EXPECT_EQ(Merge(twice).size(), 2u);
  twice[0].joined = twice[1].joined = {5};
  EXPECT_EQ(Merge(twice).size(), 1u);
  twice[0].withdrawn = true;
  EXPECT_THAT(Merge(twice), ElementsAre("cenc67"));
}

TEST(RelocatedTest, AListThatMovedAnEventReplacesIt) {
  const SeismicEvent old = Named(0, 4.0, 100), moved = Named(60, 4.1, 100.01), other = Named(600, 4.0, 100);
  const auto relocated = Relocated(std::vector{old, other}, std::vector{moved, other});
  ASSERT_EQ(relocated.size(), 1u);
  EXPECT_EQ(relocated[0].source_event_id, old.source_event_id);
}

TEST(RelocatedTest, WhatTheListHasBothOfIsTwoEarthquakes) {
  const SeismicEvent one = Named(0), two = Named(60);
  EXPECT_THAT(Relocated(std::vector{one}, std::vector{one, two}), IsEmpty());
  EXPECT_THAT(Relocated(std::vector{one, two}, std::vector{two}), IsEmpty()) << "nothing is new";
  EXPECT_THAT(Relocated(std::vector{one}, std::vector{Named(60, 4.0, 100.5)}), IsEmpty()) << "48 km away";
  EXPECT_THAT(Relocated(std::vector{one}, std::vector{Named(60, 4.8)}), IsEmpty());
  EXPECT_EQ(Relocated(std::vector{one, Named(0, 4, 100.02)}, std::vector{Named(60, 4, 100.03)}).size(), 1u)
      << "one replaces one";
  SeismicEvent with_id = one, elsewhere = two;
  with_id.source_event_id = "us1";
  elsewhere.source = "eqlst";
  EXPECT_THAT(Relocated(std::vector{with_id}, std::vector{two}), IsEmpty()) << "its catalogue names it";
  EXPECT_THAT(Relocated(std::vector{one}, std::vector{elsewhere}), IsEmpty());
}

TEST(IdentityDecisionTest, ADecisionIsMadeOnceAndNeverAgainstAnother) {
  IdentityDecision joined;
  joined.id = 7;
  joined.event = {"cenc", "1"};
  joined.other = {"comcat", "us1"};
  EXPECT_TRUE(ValidateDecision(joined).ok());
  IdentityDecision turned = joined;
  std::swap(turned.event, *turned.other);
  EXPECT_EQ((*SameDecision(turned, {joined}))->id, 7);
  turned.verdict = IdentityVerdict::kApart;
  EXPECT_EQ(SameDecision(turned, {joined}).status().message(), "decision 7 says the contrary: take it back first");
  turned.other = {"comcat", "us2"};
  EXPECT_FALSE(SameDecision(turned, {joined})->has_value());
  turned.other = turned.event;
  EXPECT_FALSE(ValidateDecision(turned).ok());
  turned.other.reset();
  EXPECT_FALSE(ValidateDecision(turned).ok());
  turned.verdict = IdentityVerdict::kWithdrawn;
  EXPECT_TRUE(ValidateDecision(turned).ok());
}

}  // namespace
}  // namespace tremorcast
