#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/backend.h"
#include "tests/support/batches.h"

namespace tremorcast {
namespace {

class VerificationContractTest : public ContractTest {};

Verification SomeVerification(const std::string& region, int week) {
  Verification v;
  v.region = RegionId(region);
  v.valid_from = TestWeek() + week * kWeekLength;
  v.forecast_id = MakeForecastId(v.valid_from, v.purpose, 1);
  v.verified_at = v.valid_from + absl::Hours(400);
  v.observed_class = 2;
  v.largest_magnitude = 4.2999999999999998;
  v.events = 7;
  v.catalogue_snapshot = "snap";
  v.probabilities = {0.1 + 0.2, 0.2, 0.2, 0.2, 0.1};
  v.climatology = {0.6, 0.1, 0.1, 0.1, 0.1};
  v.model_used = true;
  v.model_version = ModelVersion("m");
  v.log_score = 1.0 / 3;
  v.information_gain = -0.1;
  v.observed_class_after_issue = 1;
  v.information_gain_after_issue = 1e-17;
  return v;
}

TEST_P(VerificationContractTest, KeepsTheFirstVerificationOfAForecast) {
  auto& store = backend_->forecasts();
  ASSERT_TRUE(store.AppendVerification(SomeVerification("area-2", 1)).ok());
  ASSERT_TRUE(store.AppendVerification(SomeVerification("area-1", 1)).ok());
  Verification quiet = SomeVerification("area-1", 0);
  quiet.largest_magnitude.reset();
  quiet.purpose = ForecastPurpose::kHindcast;
  ASSERT_TRUE(store.AppendVerification(quiet).ok());
  Verification again = SomeVerification("area-1", 1);
  again.events = 99;
  ASSERT_TRUE(store.AppendVerification(again).ok());

  const auto all = store.ListVerifications(std::nullopt, {});
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ((*all)[0].largest_magnitude, std::nullopt);
  const Verification &read = (*all)[1], expected = SomeVerification("area-1", 1);
  EXPECT_EQ(read.region, expected.region);
  EXPECT_EQ(read.forecast_id, expected.forecast_id);
  EXPECT_EQ(read.verified_at, expected.verified_at);
  EXPECT_EQ(read.observed_class, 2);
  EXPECT_EQ(read.largest_magnitude, expected.largest_magnitude);
  EXPECT_EQ(read.events, 7);
  EXPECT_EQ(read.probabilities, expected.probabilities);
  EXPECT_EQ(read.climatology, expected.climatology);
  EXPECT_EQ(read.model_version, expected.model_version);
  EXPECT_EQ(read.log_score, expected.log_score);
  EXPECT_EQ(read.information_gain, expected.information_gain);
  EXPECT_EQ(read.observed_class_after_issue, 1);
  EXPECT_EQ(read.information_gain_after_issue, expected.information_gain_after_issue);

  const std::vector<ForecastPurpose> operational = {ForecastPurpose::kOperational};
  EXPECT_EQ(store.ListVerifications(RegionId("area-1"), operational)->size(), 1u);
  EXPECT_EQ(store.ListVerifications(std::nullopt, operational)->size(), 2u);
}

TEST_P(VerificationContractTest, DailyIssuesAreKeptApart) {
  auto& store = backend_->forecasts();
  ASSERT_TRUE(store.AppendVerification(SomeVerification("area-1", 1)).ok());
  Verification day = SomeVerification("area-1", 1);
  day.issue = IssueKind::kDaily;
  day.valid_from += absl::Hours(24);
  day.forecast_id = MakeForecastId(day.valid_from, day.purpose, 1);
  ASSERT_TRUE(store.AppendVerification(day).ok());
  const auto weekly = store.ListVerifications(RegionId("area-1"), {});
  ASSERT_TRUE(weekly.ok()) << weekly.status();
  ASSERT_EQ(weekly->size(), 1u);
  EXPECT_EQ(weekly->front().issue, IssueKind::kWeekly);
  const auto daily = store.ListDailyVerifications(RegionId("area-1"), {});
  ASSERT_TRUE(daily.ok()) << daily.status();
  ASSERT_EQ(daily->size(), 1u);
  EXPECT_EQ(daily->front().issue, IssueKind::kDaily);
  EXPECT_EQ(daily->front().forecast_id, day.forecast_id);
  EXPECT_EQ(store.ListDailyVerifications(RegionId("area-2"), {})->size(), 0u);
  EXPECT_EQ(store.ListVerificationRevisions()->size(), 2u);
}

TEST_P(VerificationContractTest, ListsWhatEachRungSaidInScoredForecasts) {
  auto& store = backend_->forecasts();
  Forecast forecast;
  forecast.region = RegionId("area-1");
  forecast.region_polygon = BoxPolygon(29, 31, 101, 103);
  forecast.valid_from = TestWeek();
  forecast.valid_to = TestWeek() + kWeekLength;
  forecast.issued_at = TestWeek() + absl::Minutes(30);
  forecast.input_hash = "h";
  forecast.scored = true;
  forecast.id = MakeForecastId(forecast.valid_from, forecast.purpose, 1);
  RungAnswer none, catalogue, stations;
  catalogue.rung = Rung::kCatalogue;
  catalogue.model.version = ModelVersion("etas");
  catalogue.probabilities = {0.1 + 0.2, 0.3, 0.2, 0.1, 0.1};
  catalogue.demonstrated_skill = true;
  stations.rung = Rung::kStations;  // nobody serves
  forecast.rungs = {none, catalogue, stations};
  ASSERT_TRUE(store.Append(forecast).ok());
  Forecast unscored = forecast;
  unscored.scored = false;
  unscored.valid_from += absl::Hours(24);
  unscored.id = MakeForecastId(unscored.valid_from, unscored.purpose, 1);
  ASSERT_TRUE(store.Append(unscored).ok());
  const auto rungs = store.ListRungs(RegionId("area-1"));
  ASSERT_TRUE(rungs.ok()) << rungs.status();
  ASSERT_EQ(rungs->size(), 1u);
  EXPECT_EQ(rungs->front().forecast_id, forecast.id);
  EXPECT_EQ(rungs->front().rung, Rung::kCatalogue);
  EXPECT_EQ(rungs->front().probabilities, catalogue.probabilities);
  EXPECT_TRUE(rungs->front().demonstrated_skill);
  EXPECT_EQ(store.ListRungs(RegionId("area-2"))->size(), 0u);
}

TEST_P(VerificationContractTest, AVerificationHasRevisionsOfWhichTheNewestCounts) {
  auto& store = backend_->forecasts();
  const Verification first = SomeVerification("area-1", 1);
  Verification second = first;
  second.revision = 2;
  second.reason = VerificationReason::kCatalogueChanged;
  second.replaced = first.observed();
  second.observed_class = 3;
  EXPECT_TRUE(absl::IsFailedPrecondition(store.AppendVerification(second))) << "there is no first";
  ASSERT_TRUE(store.AppendVerification(SomeVerification("area-2", 1)).ok());
  ASSERT_TRUE(store.AppendVerification(first).ok());
  ASSERT_TRUE(store.AppendVerification(second).ok());
  Verification again = second;
  again.events = 99;
  ASSERT_TRUE(store.AppendVerification(again).ok()) << "known: the first stands";
  auto newest = store.ListVerifications(RegionId("area-1"), {});
  ASSERT_TRUE(newest.ok()) << newest.status();
  ASSERT_EQ(newest->size(), 1u);
  EXPECT_EQ(newest->front().revision, 2);
  EXPECT_EQ(newest->front().reason, VerificationReason::kCatalogueChanged);
  EXPECT_EQ(newest->front().replaced, first.observed());
  EXPECT_EQ(newest->front().observed_class, 3);
  EXPECT_EQ(newest->front().events, 7);

  Verification gone = second;
  gone.revision = 3;
  gone.reason = VerificationReason::kNoLongerComplete;
  gone.replaced = {3, std::nullopt, 0};
  ASSERT_TRUE(store.AppendVerification(gone).ok());
  EXPECT_EQ(store.ListVerifications(RegionId("area-1"), {})->size(), 0u);
  EXPECT_EQ(store.ListVerifications(std::nullopt, {})->size(), 1u);
  const auto all = store.ListVerificationRevisions();
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), 4u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ((*all)[static_cast<size_t>(i)].revision, i + 1);
  EXPECT_FALSE((*all)[0].replaced.has_value());
  EXPECT_EQ((*all)[2].replaced, (ObservedWeek{3, std::nullopt, 0}));
  EXPECT_FALSE((*all)[2].counts());
}

INSTANTIATE_TEST_SUITE_P(Stores, VerificationContractTest, BothBackends(), BackendName);

}  // namespace
}  // namespace tremorcast
