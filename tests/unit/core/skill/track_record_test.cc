#include "core/skill/track_record.h"

#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const absl::Time kSunday = absl::FromUnixSeconds(1'607'184'000);

std::vector<Verification> Weeks(int n, double gain) {
  std::vector<Verification> verifications;
  for (int i = 0; i < n; ++i) {
    Verification v;
    v.region = RegionId("a");
    v.valid_from = kSunday + i * kWeekLength;
    v.observed_class = i % 4 == 0 ? 1 : 0;
    v.information_gain = gain;
    verifications.push_back(v);
  }
  return verifications;
}

TEST(TrackRecordTest, IsHonestlyEmptyWithoutVerifications) {
  const TrackRecord record = BuildTrackRecord(RegionId("a"), {}, {});
  EXPECT_EQ(record.weeks_scored, 0);
  EXPECT_FALSE(record.over_climatology.has_value());
  EXPECT_FALSE(record.over_catalogue.has_value());
  EXPECT_EQ(record.sentence, "no verified weeks yet");
  EXPECT_EQ(record.log_evidence, 0);
  EXPECT_TRUE(record.last.empty());
}

TEST(TrackRecordTest, GivesNoIntervalBelowEightWeeks) {
  const TrackRecord seven = BuildTrackRecord(RegionId("a"), Weeks(7, 0.1), {});
  EXPECT_NEAR(seven.over_climatology->mean, 0.1, 1e-12);
  EXPECT_FALSE(seven.over_climatology->low.has_value());
  const TrackRecord eight = BuildTrackRecord(RegionId("a"), Weeks(8, 0.1), {});
  EXPECT_NEAR(eight.over_climatology->low.value(), 0.1, 1e-12);
  EXPECT_NEAR(eight.over_climatology->high.value(), 0.1, 1e-12);
  EXPECT_NEAR(eight.log_evidence, 0.8, 1e-12);
}

TEST(TrackRecordTest, ShowsTheLastTenOfItsOwnRegionNewestFirst) {
  std::vector<Verification> verifications = Weeks(12, 0.1);
  Verification foreign = verifications.front();
  foreign.region = RegionId("b");
  verifications.push_back(foreign);
  const TrackRecord record = BuildTrackRecord(RegionId("a"), verifications, {});
  EXPECT_EQ(record.weeks_scored, 12);
  EXPECT_EQ(record.event_weeks, 3);
  ASSERT_EQ(record.last.size(), 10u);
  EXPECT_EQ(record.last.front().valid_from, kSunday + 11 * kWeekLength);
  EXPECT_EQ(record.last.back().valid_from, kSunday + 2 * kWeekLength);
}

TEST(TrackRecordTest, SaysWhetherSkillIsDemonstratedAndByWhat) {
  const TrackRecord undecided = BuildTrackRecord(RegionId("a"), Weeks(20, 0.1), {});
  EXPECT_THAT(undecided.sentence, StartsWith("no demonstrated skill in issued forecasts: evidence against climatology "
                                             "7.39 to 1, 20 to 1 is needed; 20 verified weeks, 5 with an event"));
  const TrackRecord shown = BuildTrackRecord(RegionId("a"), Weeks(31, 0.1), {});
  EXPECT_THAT(shown.sentence, StartsWith("the issued forecasts were better than climatology (evidence against "));
  EXPECT_THAT(shown.sentence, HasSubstr("+0.100 [0.100, 0.100] nats per week"));
  const TrackRecord worse = BuildTrackRecord(RegionId("a"), Weeks(20, -0.1), {});
  EXPECT_THAT(worse.sentence, StartsWith("no demonstrated skill: the issued forecasts were worse than climatology"));
}

TEST(TrackRecordTest, ComparesWithTheCatalogueOnlyModelInTheWeeksItAnswered) {
  std::vector<Verification> verifications = Weeks(10, 0.1);
  std::vector<ShadowForecast> shadows;
  for (int i = 0; i < 10; ++i) {
    Verification& v = verifications[i];
    v.forecast_id = MakeForecastId(v.valid_from, v.purpose, 1);
    v.probabilities = {.6, .1, .1, .1, .1};
    ShadowForecast shadow;
    shadow.region = v.region;
    shadow.forecast_id = v.forecast_id;
    shadow.model_version = ModelVersion(i < 9 ? kCatalogueReference : "some-model");
    shadow.probabilities = {.8, .05, .05, .05, .05};
    shadows.push_back(shadow);
  }
  const TrackRecord record = BuildTrackRecord(RegionId("a"), verifications, shadows);
  ASSERT_TRUE(record.over_catalogue.has_value());
  EXPECT_EQ(record.over_catalogue->weeks, 9);
  EXPECT_NEAR(record.over_catalogue->mean, (3 * std::log(2.0) + 6 * std::log(.6 / .8)) / 9, 1e-12);
  EXPECT_TRUE(record.over_catalogue->low.has_value());
  EXPECT_THAT(record.sentence, HasSubstr("over the catalogue-only model"));
}

}  // namespace
}  // namespace tremorcast
