#include "server/pipeline/forecaster.h"

#include <cmath>
#include <numeric>
#include <string>

#include <gmock/gmock.h>

#include "server/pipeline/forecast_archive.h"
#include "tests/support/complete_until.h"
#include "tests/unit/server/pipeline/forecaster_fixture.h"

namespace tremorcast {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(ForecasterTest, CarriesEverythingAReaderNeeds) {
  FillAll();
  const ModelVersion version = Serve(kNetwork, 1);
  const Forecast f = ComputeOrDie(Operational());
  EXPECT_EQ(f.id, "20261115T000000-operational-r1");
  EXPECT_EQ(f.purpose, ForecastPurpose::kOperational);
  EXPECT_EQ(f.status, ForecastStatus::kOk);
  EXPECT_EQ(f.region_title, "lab");
  EXPECT_EQ(f.region_polygon.size(), 4u);
  EXPECT_EQ(f.issued_at, clock_.Now());
  EXPECT_EQ(f.data_cutoff, issue_);
  EXPECT_EQ(f.valid_from, issue_);
  EXPECT_EQ(f.valid_to, issue_ + kWeekLength);
  EXPECT_GE(f.expires_at, f.valid_to);
  EXPECT_GT(f.next_issue, f.valid_to);
  EXPECT_NEAR(std::accumulate(f.probabilities.begin(), f.probabilities.end(), 0.0), 1, 1e-12);
  EXPECT_NEAR(std::accumulate(f.climatology.begin(), f.climatology.end(), 0.0), 1, 1e-12);
  EXPECT_TRUE(f.model_used);
  EXPECT_EQ(f.model.version, version);
  EXPECT_FALSE(f.model.weights_sha256.empty());
  EXPECT_EQ(f.runtime, "fake");
  EXPECT_EQ(f.pool_weight, 0.5);
  ASSERT_TRUE(f.model_probabilities.has_value());
  EXPECT_EQ(f.stations_enrolled, 4);
  EXPECT_EQ(f.stations_usable, 4);
  ASSERT_EQ(f.stations.size(), 4u);
  EXPECT_EQ(f.stations[0].station.value(), "s1");
  EXPECT_EQ(f.stations[0].window->revision, 1);
  EXPECT_EQ(f.stations[0].slot_fraction, 1);
  EXPECT_EQ(f.input_hash.size(), 64u);
  EXPECT_THAT(f.catalogue_snapshot, HasSubstr("/156/"));
  for (size_t k = 0; k < f.spread_low.size(); ++k) EXPECT_LE(f.spread_low[k], f.spread_high[k]);
  EXPECT_FALSE(f.change_since_last.has_value());
  EXPECT_FALSE(f.scored);
}

// Climatology of the fixture's catalogue, written out: 156 whole weeks before the issue; every
// ninth has 4.2, every fourth of the rest 3.6.
TEST_F(ForecasterTest, ClimatologyCountsWholeWeeksBeforeTheIssue) {
  FillAll();
  Serve(kNetwork, 1);
  // An event inside the forecast week is no part of the climatology.
  // Computed later, when it is known and the catalogue reaches beyond it, it still must not count.
  AddEvent(issue_ + absl::Minutes(5), 6.0);
  ASSERT_TRUE(SetCompleteUntil(events_, "cenc", issue_ + absl::Hours(30)).ok());
  clock_.Set(issue_ + absl::Hours(40));
  ForecastRequest request = Operational();
  request.as_of = clock_.Now();
  const Forecast f = ComputeOrDie(request);
  EXPECT_THAT(f.catalogue_snapshot, HasSubstr("/156/"));
  int n2 = 0, n1 = 0;
  // The catalogue begins inside its first week, which is therefore not whole.
  for (int week = 1; week <= 155; ++week) week % 9 == 0 ? ++n2 : week % 4 == 0 ? ++n1 : 0;
  const double counts[] = {155.0 - n1 - n2, double(n1), double(n2), 0, 0};
  for (int k = 0; k < kClasses; ++k) {
    const double pi = (counts[k] + .5) / (155 + 2.5);
    EXPECT_NEAR(f.climatology[k], (counts[k] + 20 * pi) / (155 + 20), 1e-9) << k;
  }
}

TEST_F(ForecasterTest, WeeksAfterTheCatalogueEndsAreNotCountedAsQuiet) {
  FillAll();
  Serve(kNetwork, 1);
  const Forecast complete = ComputeOrDie(Operational());
  FakeEventStore short_catalogue;
  ASSERT_TRUE(short_catalogue.Import(*events_.List({}), input_week_).ok());
  ASSERT_TRUE(SetCompleteUntil(short_catalogue, "cenc", issue_ - 52 * kWeekLength).ok());
  Forecaster forecaster({}, network_, observations_, short_catalogue, forecasts_, models_, clock_, metrics_.inference,
                        *log_);
  const Forecast earlier = *forecaster.Compute(Operational());
  EXPECT_NE(earlier.climatology, complete.climatology);
  EXPECT_LT(earlier.climatology[0], .9);
}

TEST_F(ForecasterTest, PoolsModelAndClimatologyByTheModelsWeight) {
  FillAll();
  Serve(kNetwork, 1, 0.3);
  const Forecast f = ComputeOrDie(Operational());
  const ClassProbabilities expected = PoolWithClimatology(*f.model_probabilities, f.climatology, 0.3);
  EXPECT_EQ(f.probabilities, expected);
  EXPECT_NE(f.probabilities, f.climatology);
}

TEST_F(ForecasterTest, SaysWhenThereIsNoDemonstratedSkill) {
  FillAll();
  EXPECT_THAT(ComputeOrDie(Operational()).verdict, StartsWith("no demonstrated skill: no model is in service"));
  Serve(kNetwork, 1, 0.5, false);
  EXPECT_THAT(ComputeOrDie(Operational()).verdict, HasSubstr("did not pass the promotion gate"));
  EXPECT_FALSE(ComputeOrDie(Operational()).demonstrated_skill);
  Serve(kNetwork, 2, 0.0, true);
  const Forecast weightless = ComputeOrDie(Operational());
  EXPECT_THAT(weightless.verdict, StartsWith("no demonstrated skill: "));
  EXPECT_FALSE(weightless.demonstrated_skill);
  for (int k = 0; k < kClasses; ++k) EXPECT_NEAR(weightless.probabilities[k], weightless.climatology[k], 1e-12);
  Serve(kNetwork, 3, 0.5, true);
  EXPECT_THAT(ComputeOrDie(Operational()).verdict, Not(HasSubstr("no demonstrated skill")));
  EXPECT_TRUE(ComputeOrDie(Operational()).demonstrated_skill);
}

TEST_F(ForecasterTest, ARegionShortOfStationsIsPulledToClimatology) {
  Fill("s1", input_week_);
  Fill("s2", input_week_);
  Serve(kNetwork, 1, 0.6);
  const Forecast f = ComputeOrDie(Operational());
  EXPECT_EQ(f.status, ForecastStatus::kDegraded);
  EXPECT_EQ(f.stations_usable, 2);
  EXPECT_DOUBLE_EQ(f.pool_weight, 0.6 * 2 / 3);  // two of the three an ok region needs
  EXPECT_EQ(f.probabilities, PoolWithClimatology(*f.model_probabilities, f.climatology, 0.6 * 2 / 3));
  EXPECT_THAT(f.limitations, Contains(HasSubstr("only 2 of 4 stations")));
}

TEST_F(ForecasterTest, WithoutEnoughDataTheAnswerIsClimatologyAndTheModelIsNotAsked) {
  Serve(kNetwork, 1);
  const Forecast f = ComputeOrDie(Operational());
  EXPECT_EQ(f.status, ForecastStatus::kInsufficientData);
  EXPECT_FALSE(f.model_used);
  EXPECT_FALSE(f.model_probabilities.has_value());
  EXPECT_FALSE(f.demonstrated_skill);
  EXPECT_THAT(f.verdict, StartsWith("no demonstrated skill: 0 of 4 enrolled stations"));
  EXPECT_EQ(f.probabilities, FloorAndNormalise(f.climatology));
  EXPECT_EQ(metrics_.inference.windows.Value(), 0);
}

TEST_F(ForecasterTest, DeadAndGappyStationsDoNotCountAsUsable) {
  FillAll();
  Serve(kNetwork, 1);
  // s5 has 70 % of the slots; the others are whole.
  AddStation("s5");
  AddRegion(kLab, {"s1", "s2", "s3", "s5"});
  Fill("s5", input_week_, 0, 705);
  const Forecast f = ComputeOrDie(Operational());
  EXPECT_EQ(f.stations_usable, 3);
  EXPECT_FALSE(f.stations[3].usable);
  EXPECT_NEAR(f.stations[3].slot_fraction, 705.0 / 1008, 1e-9);
  EXPECT_TRUE(f.stations[3].window.has_value());
}

TEST_F(ForecasterTest, NothingAtOrAfterTheIssueTimeEntersTheInput) {
  FillAll();
  Serve(kNetwork, 1);
  clock_.Set(issue_ + absl::Hours(40));
  const absl::Time rolling = issue_ + absl::Hours(13);
  for (const char* station : {"s1", "s2", "s3", "s4"}) Fill(station, issue_, 0, 78);
  const Forecast before = ComputeOrDie(RequestFor(kLab, rolling));
  for (const char* station : {"s1", "s2", "s3", "s4"}) Fill(station, issue_, 78, 200);
  const Forecast after = ComputeOrDie(RequestFor(kLab, rolling));
  EXPECT_EQ(before.input_hash, after.input_hash);
  EXPECT_EQ(before.probabilities, after.probabilities);
  EXPECT_EQ(before.stations[0].window->start, rolling - kWeekLength);
}

TEST_F(ForecasterTest, AHindcastKnowsOnlyWhatHadArrivedByThen) {
  FillAll();
  Serve(kNetwork, 1);
  clock_.Set(issue_ + absl::Hours(30));
  const absl::Time rolling = issue_ + absl::Hours(1);
  const Forecast without = ComputeOrDie(RequestFor(kLab, rolling));
  FillLate("s1", issue_, 3);  // measured before T, received thirty hours later
  const Forecast with_late = ComputeOrDie(RequestFor(kLab, rolling));
  EXPECT_EQ(without.input_hash, with_late.input_hash);
  ForecastRequest now = RequestFor(kLab, rolling);
  now.as_of = clock_.Now();
  EXPECT_NE(ComputeOrDie(now).input_hash, without.input_hash);
}

TEST_F(ForecasterTest, ALateRowHidesASealedWindowFromThoseWhoAskAsOfBefore) {
  FillAll();
  clock_.Set(issue_ + absl::Hours(30));
  Fill("s4", input_week_ - kWeekLength);  // something else
  AddStation("s5");
  AddRegion(kLab, {"s1", "s2", "s3", "s5"});
  Fill("s5", input_week_, 1);
  FillLate("s5", input_week_, 0);  // its only window will hold this row
  Serve(kNetwork, 1);
  const Forecast as_of_issue = ComputeOrDie(RequestFor(kLab, issue_));
  EXPECT_FALSE(as_of_issue.stations[3].window.has_value());
  ForecastRequest now = RequestFor(kLab, issue_);
  now.as_of = clock_.Now();
  EXPECT_TRUE(ComputeOrDie(now).stations[3].usable);
}

TEST_F(ForecasterTest, EverythingSimulatedIsATest) {
  FillAll();
  Serve(kNetwork, 1);
  AddStation("s4", true);
  ASSERT_TRUE(network_.Refresh().ok());
  const Forecast f = ComputeOrDie(Operational());
  EXPECT_EQ(f.purpose, ForecastPurpose::kTest);
  EXPECT_THAT(f.id, HasSubstr("-test-r1"));
  EXPECT_THAT(f.limitations, Contains(HasSubstr("simulated")));

  AddStation("s4", false);
  ASSERT_TRUE(network_.Refresh().ok());
  EXPECT_EQ(ComputeOrDie(Operational()).purpose, ForecastPurpose::kOperational);
  AddRegion(RegionId("made-up"), {"s1", "s2", "s3"}, true);
  ASSERT_TRUE(network_.Refresh().ok());
  ForecastRequest request = Operational();
  request.region = RegionId("made-up");
  EXPECT_EQ(ComputeOrDie(request).purpose, ForecastPurpose::kTest);

  const ModelVersion simulated = Publish(9, .5, true, true);
  Promote(kNetwork, simulated);
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  EXPECT_EQ(ComputeOrDie(Operational()).purpose, ForecastPurpose::kTest);
}

TEST_F(ForecasterTest, TellsTheChangeSinceLastWeek) {
  FillAll();
  Serve(kNetwork, 1);
  Forecast last = ComputeOrDie(Operational());
  last.valid_from = issue_ - kWeekLength;
  last.probabilities = {.5, .2, .2, .05, .05};
  ASSERT_TRUE(ArchiveForecast(forecasts_, last, RevisionReason::kFirstIssue, true).ok());
  const Forecast f = ComputeOrDie(Operational());
  ASSERT_TRUE(f.change_since_last.has_value());
  EXPECT_NEAR((*f.change_since_last)[0], (1 - f.probabilities[0]) - .5, 1e-12);
}

TEST_F(ForecasterTest, TheInputHashChangesWithEachInputAndWithNothingElse) {
  FillAll();
  Serve(kNetwork, 1);
  const Forecast base = ComputeOrDie(Operational());
  EXPECT_EQ(ComputeOrDie(Operational()).input_hash, base.input_hash);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(ComputeOrDie(Operational()).input_hash, base.input_hash) << "the time of computing is no input";

  ForecastRequest other_model = Operational();
  other_model.model = *models_.Load(Publish(2));
  EXPECT_NE(ComputeOrDie(other_model).input_hash, base.input_hash);
  ForecastRequest no_model = Operational();
  no_model.without_model = true;
  EXPECT_NE(ComputeOrDie(no_model).input_hash, base.input_hash);
  FillLate("s1", input_week_ - absl::Minutes(10), 0);  // last week's row: not an input
  EXPECT_EQ(ComputeOrDie(Operational()).input_hash, base.input_hash);
  AddEvent(input_week_ - 30 * kWeekLength + absl::Hours(1), 5.5);
  EXPECT_NE(ComputeOrDie(Operational()).input_hash, base.input_hash);
}

TEST_F(ForecasterTest, ARevisionKeepsModelAndClimatology) {
  FillAll();
  const ModelVersion first_model = Serve(kNetwork, 1);
  const auto first = ArchiveForecast(forecasts_, ComputeOrDie(Operational()), RevisionReason::kFirstIssue, true);
  Serve(kNetwork, 2);                                              // promoted meanwhile
  AddEvent(input_week_ - 30 * kWeekLength + absl::Hours(1), 5.5);  // known meanwhile
  ForecastRequest request = RequestFor(kLab, issue_);
  request.revises = std::make_shared<const Forecast>(first->forecast);
  const Forecast again = ComputeOrDie(request);
  EXPECT_EQ(again.model.version, first_model);
  EXPECT_EQ(again.input_hash, first->forecast.input_hash);
  EXPECT_EQ(again.probabilities, first->forecast.probabilities);
  EXPECT_EQ(again.purpose, ForecastPurpose::kOperational);
}

TEST_F(ForecasterTest, FallsBackToTheModelsPriorWithoutACatalogue) {
  FillAll();
  FakeEventStore empty;
  Forecaster forecaster({}, network_, observations_, empty, forecasts_, models_, clock_, metrics_.inference, *log_);
  EXPECT_TRUE(absl::IsFailedPrecondition(forecaster.Compute(Operational()).status()));
  Serve(kNetwork, 1);
  const Forecast f = *forecaster.Compute(Operational());
  EXPECT_EQ(f.climatology, FloorAndNormalise(models_.For(kLab)->predictor->info().network_prior));
  EXPECT_THAT(f.limitations, Contains(HasSubstr("training prior")));
  EXPECT_EQ(f.catalogue_snapshot, "none");
}

TEST_F(ForecasterTest, AHindcastBeforeTheCatalogueWasLoadedUsesItAndSaysSo) {
  FillAll();
  Serve(kNetwork, 1);
  FakeEventStore loaded_today;
  ASSERT_TRUE(loaded_today.Import(*events_.List({}), clock_.Now() + absl::Hours(24)).ok());
  ASSERT_TRUE(SetCompleteUntil(loaded_today, "cenc", issue_).ok());
  clock_.Advance(absl::Hours(48));
  Forecaster forecaster({}, network_, observations_, loaded_today, forecasts_, models_, clock_, metrics_.inference,
                        *log_);
  const Forecast f = *forecaster.Compute(RequestFor(kLab, issue_));
  EXPECT_THAT(f.limitations, Contains(HasSubstr("as it is known now")));
  EXPECT_EQ(f.climatology, ComputeOrDie(RequestFor(kLab, issue_)).climatology);
}

TEST_F(ForecasterTest, NamesWhatIsWrongWithARequest) {
  EXPECT_TRUE(absl::IsNotFound(forecaster_.Compute(RequestFor(RegionId("nowhere"), issue_)).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(forecaster_.Compute(RequestFor(kLab, issue_ + absl::Minutes(5))).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(forecaster_.Compute(RequestFor(kLab, issue_ + absl::Hours(1))).status()));
  EXPECT_EQ(metrics_.inference.failures["input"].Value(), 3);
}

TEST_F(ForecasterTest, ABrokenModelOrStoreIsAnErrorAndNotClimatology) {
  FillAll();
  Serve(kNetwork, 1);
  const auto& predictor = dynamic_cast<const FakePredictor&>(*models_.For(kLab)->predictor);
  predictor.faults().FailNext(absl::InvalidArgumentError("odd shape"));
  EXPECT_TRUE(absl::IsInternal(forecaster_.Compute(Operational()).status()));
  EXPECT_EQ(metrics_.inference.failures["model"].Value(), 1);
  observations_.faults().FailNext(absl::UnavailableError("away"));
  EXPECT_TRUE(absl::IsUnavailable(forecaster_.Compute(Operational()).status()));
  EXPECT_EQ(metrics_.inference.failures["store"].Value(), 1);
  EXPECT_TRUE(forecaster_.Compute(Operational()).ok());
}

TEST(EffectivePoolWeightTest, IsContinuousWhereARegionBecomesOk) {
  const CoveragePolicy policy;
  EXPECT_DOUBLE_EQ(EffectivePoolWeight(.6, 50, 100, policy), .6);
  EXPECT_DOUBLE_EQ(EffectivePoolWeight(.6, 49, 100, policy), .6 * 49 / 50);
  EXPECT_DOUBLE_EQ(EffectivePoolWeight(.6, 25, 100, policy), .3);
  EXPECT_DOUBLE_EQ(EffectivePoolWeight(.6, 24, 100, policy), 0);
}

}  // namespace
}  // namespace tremorcast
