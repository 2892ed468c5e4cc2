// Stations' models of other questions than the weekly one: who is asked when, what they are pooled
// with, and that all of it replays.

#include <gmock/gmock.h>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/catalogue/climatology.h"
#include "server/pipeline/forecast_archive.h"
#include "server/pipeline/forecaster.h"
#include "tests/unit/server/pipeline/forecaster_fixture.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ForecasterQuestionsTest : public ForecasterTest {
 protected:
  ModelVersion ServeFor(const StationQuestion& question, int seed, bool skill = true, bool over_catalogue = false) {
    const ModelVersion version = Publish(seed, 0.5, skill, false, over_catalogue, question);
    Promote(ScopeOf(question), version);
    TREMORCAST_CHECK(models_.ReconcileWithRegistry().ok());
    return version;
  }
  Forecast Archive(const ForecastRequest& request) {
    return ArchiveForecast(forecasts_, ComputeOrDie(request), RevisionReason::kFirstIssue, true)->forecast;
  }
  // Three days after the week began, with rows up to then.
  ForecastRequest Daily() {
    for (const char* station : {"s1", "s2", "s3", "s4"}) Fill(station, issue_, 0, 3 * kSlotsPerDay);
    clock_.Advance(absl::Hours(72));
    ForecastRequest request = RequestFor(kLab, issue_ + absl::Hours(72));
    request.purpose = ForecastPurpose::kOperational;
    request.issue = IssueKind::kDaily;
    return request;
  }
};

TEST_F(ForecasterQuestionsTest, ADailyIssueAsksTheModelOfItsDayAndNoOther) {
  FillAll();
  Serve(kNetwork, 1);
  ServeFor({2, 7}, 2);
  const ForecastRequest request = Daily();
  EXPECT_THAT(ComputeOrDie(request).stations, IsEmpty()) << "neither the weekly one nor that of another day";
  const ModelVersion version = ServeFor({3, 7}, 3);
  const Forecast f = Archive(request);
  EXPECT_EQ(AnsweringRung(f), Rung::kStations);
  EXPECT_EQ(f.model.version, version);
  EXPECT_EQ(f.status, ForecastStatus::kOk);
  ASSERT_THAT(f.stations, SizeIs(4));
  EXPECT_EQ(f.stations[0].window->start, issue_ - absl::Hours(4 * 24)) << "the seven days before it";
  EXPECT_TRUE(forecaster_.Replay(f)->identical);
  ServeFor({3, 1}, 4);
  ServeFor({0, 1}, 5);
  ASSERT_THAT(ComputeOrDie(request).station_horizons, SizeIs(1)) << "of the day's own question";
  EXPECT_EQ(ComputeOrDie(request).station_horizons[0].answer.model.version,
            models_.For(kLab, {3, 1})->info.model.version);
  EXPECT_EQ(ComputeOrDie(Operational()).model.version, ComputeOrDie(Operational()).rungs[2].model.version);
  EXPECT_NE(ComputeOrDie(Operational()).model.version, version) << "the week is the weekly model's";
}

TEST_F(ForecasterQuestionsTest, FewerDaysAreAnsweredBesideTheWeekFromTheSameWindows) {
  FillAll();
  const ModelVersion weekly = Serve(kNetwork, 1);
  const ModelVersion daily = ServeFor({0, 1}, 2);
  const Forecast f = Archive(Operational());
  EXPECT_EQ(f.model.version, weekly);
  ASSERT_THAT(f.station_horizons, SizeIs(1));
  const StationHorizon& day = f.station_horizons[0];
  EXPECT_EQ(day.days, 1);
  EXPECT_EQ(day.answer.model.version, daily);
  EXPECT_TRUE(day.answer.answers);
  EXPECT_GE(day.climatology[0], f.climatology[0]) << "a day is quiet more often than a week";
  EXPECT_EQ(day.answer.probabilities, PoolWithClimatology(*day.answer.before_pool, day.climatology, 0.5));
  EXPECT_TRUE(forecaster_.Replay(f)->identical);
  Forecast altered = f;
  altered.station_horizons[0].answer.probabilities[0] -= 1e-12;
  EXPECT_FALSE(forecaster_.Replay(altered)->identical);
}

TEST_F(ForecasterQuestionsTest, FewerDaysWithoutSkillOverTheRungBelowDoNotAnswer) {
  FillAll();
  Serve(kNetwork, 1);
  ServeFor({0, 1}, 2, /*skill=*/false);
  EXPECT_FALSE(ComputeOrDie(Operational()).station_horizons.at(0).answer.answers);
  ServeFor({0, 1}, 3);
  ServeEtas();
  const Forecast over_climatology = ComputeOrDie(Operational());
  EXPECT_FALSE(over_climatology.station_horizons.at(0).answer.answers)
      << "its gate asked for a gain over climatology, and the catalogue rung answers for a day";
  ServeFor({0, 1}, 4, true, /*over_catalogue=*/true);
  const Forecast f = Archive(Operational());
  const RungAnswer& day = f.station_horizons.at(0).answer;
  EXPECT_TRUE(day.answers) << day.verdict;
  const ClassProbabilities below = PoolWithClimatology(FloorAndNormalise(f.outlook->horizons[0].probabilities),
                                                       f.station_horizons[0].climatology, f.rungs[1].pool_weight);
  EXPECT_EQ(f.outlook->horizons[0].days, 1);
  EXPECT_EQ(day.probabilities, PoolWithClimatology(*day.before_pool, below, 0.5));
  EXPECT_TRUE(forecaster_.Replay(f)->identical);
}

TEST_F(ForecasterQuestionsTest, AModelIsAskedForNoOtherQuestionByNameEither) {
  FillAll();
  const ModelVersion version = ServeFor({3, 7}, 2);
  ForecastRequest request = Operational();
  request.model = *models_.Load(version);
  const auto refused = forecaster_.Compute(request);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("issued 3 days after the week begins"));
  Serve(kNetwork, 1);
  EXPECT_FALSE(forecaster_.ComputeBeside(ComputeOrDie(Operational()), *request.model).ok());
}

// The ledger takes it for the weekly scope no more than the host does.
TEST_F(ForecasterQuestionsTest, AModelRegisteredForAnotherQuestionThanItsOwnDoesNotServe) {
  const std::string artifact = FakeArtifact(7, 0.5, true, false, {3, 7});
  ModelRecord record;
  record.model.weights_sha256 = Sha256Hex(artifact);
  record.created_at = issue_;
  record.model.version = ModelVersion("wrong");
  ASSERT_TRUE(registry_.Publish(record, artifact, {}, std::nullopt).ok());
  Promote(kNetwork, record.model.version);
  EXPECT_EQ(models_.ReconcileWithRegistry().code(), absl::StatusCode::kOk);
  EXPECT_EQ(models_.For(kLab), nullptr);
  EXPECT_THAT(models_.Status().at(0).problem, HasSubstr("another question than its own"));
}

}  // namespace
}  // namespace tremorcast
