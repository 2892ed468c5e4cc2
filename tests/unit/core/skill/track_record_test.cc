#include "core/skill/track_record.h"

#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tremorcast {
namespace {

using testing::HasSubstr;
using testing::Not;
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

// The catalogue-only model and the twin of `model` answered beside each; said .6 where they said
// .4 for the class that came.
std::vector<ShadowForecast> Beside(std::vector<Verification>& verifications, bool twin) {
  const ModelVersion model("m1");
  std::vector<ShadowForecast> shadows;
  for (Verification& v : verifications) {
    v.forecast_id = MakeForecastId(v.valid_from, v.purpose, 1);
    v.model_used = true;
    v.model_version = model;
    v.probabilities =
        v.observed_class == 0 ? ClassProbabilities{.6, .1, .1, .1, .1} : ClassProbabilities{.1, .6, .1, .1, .1};
    ShadowForecast shadow;
    shadow.region = v.region;
    shadow.forecast_id = v.forecast_id;
    shadow.probabilities =
        v.observed_class == 0 ? ClassProbabilities{.4, .3, .1, .1, .1} : ClassProbabilities{.3, .4, .1, .1, .1};
    shadow.model_version = ModelVersion(kCatalogueReference);
    shadows.push_back(shadow);
    shadow.model_version = TwinOf(model);
    if (twin) shadows.push_back(shadow);
  }
  return shadows;
}

TrackRecord Alone(std::vector<Verification> verifications, absl::Span<const ShadowForecast> shadows = {},
                  int regions = 1) {
  return BuildTrackRecord(RegionId("a"), std::move(verifications), shadows, regions);
}

TEST(TrackRecordTest, IsHonestlyEmptyWithoutVerifications) {
  const TrackRecord record = Alone({});
  EXPECT_EQ(record.weeks_scored, 0);
  EXPECT_FALSE(record.over_climatology.has_value());
  EXPECT_FALSE(record.over_catalogue.has_value());
  EXPECT_FALSE(record.over_twin.has_value());
  EXPECT_EQ(record.sentence, "no verified weeks yet");
  EXPECT_EQ(record.log_evidence, 0);
  EXPECT_TRUE(record.last.empty());
}

TEST(TrackRecordTest, GivesNoIntervalBeforeItHolds) {
  const TrackRecord eight = Alone(Weeks(8, 0.1));
  EXPECT_NEAR(eight.over_climatology->mean, 0.1, 1e-12);
  EXPECT_NEAR(eight.log_evidence, 0.8, 1e-12);
  EXPECT_FALSE(eight.over_climatology->low.has_value());
  EXPECT_THAT(eight.sentence, HasSubstr("(an interval needs 26 weeks, 10 of them with an event)"));
  // 36 weeks have nine events here, 37 have ten.
  EXPECT_FALSE(Alone(Weeks(36, 0.1)).over_climatology->low.has_value());
  const TrackRecord enough = Alone(Weeks(37, 0.1));
  EXPECT_NEAR(enough.over_climatology->low.value(), 0.1, 1e-12);
  EXPECT_NEAR(enough.over_climatology->high.value(), 0.1, 1e-12);
  EXPECT_EQ(enough.over_climatology->interval_degrees, 4);
  EXPECT_THAT(enough.sentence, Not(HasSubstr("an interval needs")));
  std::vector<Verification> eventful = Weeks(25, 0.1);
  for (Verification& v : eventful) v.observed_class = 1;
  EXPECT_FALSE(Alone(eventful).over_climatology->low.has_value()) << "a week short of half a year";
}

TEST(TrackRecordTest, ShowsTheLastTenOfItsOwnRegionNewestFirst) {
  std::vector<Verification> verifications = Weeks(12, 0.1);
  Verification foreign = verifications.front();
  foreign.region = RegionId("b");
  verifications.push_back(foreign);
  const TrackRecord record = Alone(verifications);
  EXPECT_EQ(record.weeks_scored, 12);
  EXPECT_EQ(record.event_weeks, 3);
  ASSERT_EQ(record.last.size(), 10u);
  EXPECT_EQ(record.last.front().valid_from, kSunday + 11 * kWeekLength);
  EXPECT_EQ(record.last.back().valid_from, kSunday + 2 * kWeekLength);
}

TEST(TrackRecordTest, SkillNeedsEvidenceAgainstEachReferenceOfTheGate) {
  std::vector<Verification> verifications = Weeks(31, 0.1);
  const TrackRecord alone = Alone(verifications);
  EXPECT_GT(alone.log_evidence, std::log(20.0));
  EXPECT_FALSE(Demonstrates(alone));
  EXPECT_THAT(alone.sentence,
              StartsWith("no demonstrated skill in issued forecasts: the catalogue-only model has not "
                         "answered beside them, the input-free twin has not answered beside them; 20 "
                         "to 1 against climatology, the catalogue-only model and the input-free twin is "
                         "needed; 31 verified weeks, 8 with an event"));
  EXPECT_THAT(alone.sentence, Not(HasSubstr("precursor")));
  const std::vector<ShadowForecast> catalogue = Beside(verifications, false);
  EXPECT_FALSE(Demonstrates(Alone(verifications, catalogue)));
  EXPECT_THAT(
      Alone(verifications, catalogue).sentence,
      StartsWith("no demonstrated skill in issued forecasts: the input-free twin has not answered beside them;"));
  const std::vector<ShadowForecast> both = Beside(verifications, true);
  const TrackRecord shown = Alone(verifications, both);
  EXPECT_NEAR(shown.over_twin->mean, std::log(1.5), 1e-12);
  EXPECT_EQ(shown.over_twin->weeks, 31);
  EXPECT_TRUE(Demonstrates(shown));
  EXPECT_THAT(shown.sentence, StartsWith("the issued forecasts were better than climatology, the catalogue-only model "
                                         "and the input-free twin, which supports the word precursor"));
  // The twin of another model is no reference.
  for (Verification& v : verifications) v.model_version = ModelVersion("m2");
  EXPECT_FALSE(Alone(verifications, both).over_twin.has_value());
}

TEST(TrackRecordTest, TheEvidenceNeededGrowsWithTheRegionsLookedAt) {
  std::vector<Verification> verifications = Weeks(31, 0.1);
  const std::vector<ShadowForecast> shadows = Beside(verifications, true);
  const TrackRecord one = Alone(verifications, shadows), eight = Alone(verifications, shadows, 8);
  EXPECT_EQ(one.log_evidence_needed(), std::log(20.0));
  EXPECT_EQ(eight.log_evidence_needed(), std::log(160.0));
  EXPECT_TRUE(Demonstrates(one));
  EXPECT_FALSE(Demonstrates(eight));
  EXPECT_THAT(eight.sentence, HasSubstr("evidence against climatology 22.2 to 1; 160 to 1 against climatology, the "
                                        "catalogue-only model and the input-free twin with 8 regions looked at"));
  std::vector<Verification> longer = Weeks(51, 0.1);
  EXPECT_TRUE(Demonstrates(Alone(longer, Beside(longer, true), 8)));
}

TEST(TrackRecordTest, CountsTheRegionsOfItsOwnWorld) {
  std::vector<Region> regions(4);
  for (int i = 0; i < 4; ++i) {
    regions[i].id = RegionId(std::string(1, static_cast<char>('a' + i)));
    regions[i].simulated = i == 3;
  }
  EXPECT_EQ(RegionsLookedAt(regions, RegionId("a")), 3);
  EXPECT_EQ(RegionsLookedAt(regions, RegionId("d")), 1);
  EXPECT_EQ(RegionsLookedAt(regions, RegionId("gone")), 4);
  EXPECT_EQ(RegionsLookedAt({}, RegionId("a")), 1);
}

TEST(TrackRecordTest, SaysWhenTheForecastsWereWorse) {
  const auto worse = [](int weeks, double gain) { return WorseThan(Alone(Weeks(weeks, gain))); };
  EXPECT_EQ(worse(5, -0.677), "climatology") << "evidence against";
  EXPECT_EQ(worse(4, -0.677), "") << "too early";
  EXPECT_EQ(worse(7, -0.01), "");
  EXPECT_EQ(worse(8, -0.01), "climatology") << "a mean below 0";
  EXPECT_EQ(worse(8, -1e-12), "") << "rounding of a pool without a model";
  EXPECT_EQ(worse(8, 0.01), "");
  EXPECT_THAT(Alone(Weeks(20, -0.1)).sentence,
              StartsWith("no demonstrated skill: the issued forecasts were worse than climatology; 20 verified"));
  std::vector<Verification> verifications = Weeks(31, 0.1);
  std::vector<ShadowForecast> shadows = Beside(verifications, true);
  for (ShadowForecast& shadow : shadows) {
    if (shadow.model_version == TwinOf(ModelVersion("m1"))) shadow.probabilities = {.7, .7, .7, .7, .7};
  }
  EXPECT_EQ(WorseThan(Alone(verifications, shadows)), "the input-free twin");
}

TEST(TrackRecordTest, ComparesWithTheCatalogueOnlyModelInTheWeeksItAnswered) {
  std::vector<Verification> verifications = Weeks(50, 0.1);
  std::vector<ShadowForecast> shadows;
  for (int i = 0; i < 50; ++i) {
    Verification& v = verifications[static_cast<size_t>(i)];
    v.forecast_id = MakeForecastId(v.valid_from, v.purpose, 1);
    v.probabilities = {.6, .1, .1, .1, .1};
    ShadowForecast shadow;
    shadow.region = v.region;
    shadow.forecast_id = v.forecast_id;
    shadow.model_version = ModelVersion(i < 45 ? kCatalogueReference : "some-model");
    shadow.probabilities = {.8, .05, .05, .05, .05};
    shadows.push_back(shadow);
  }
  const TrackRecord record = Alone(verifications, shadows);
  ASSERT_TRUE(record.over_catalogue.has_value());
  EXPECT_EQ(record.over_catalogue->weeks, 45);
  EXPECT_NEAR(record.over_catalogue->mean, (12 * std::log(2.0) + 33 * std::log(.6 / .8)) / 45, 1e-12);
  EXPECT_TRUE(record.over_catalogue->low.has_value());
  EXPECT_THAT(record.sentence, HasSubstr("over the catalogue-only model"));
  EXPECT_THAT(record.sentence, HasSubstr("in 45 weeks"));
}

}  // namespace
}  // namespace tremorcast
