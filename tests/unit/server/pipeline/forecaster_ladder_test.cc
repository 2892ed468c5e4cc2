// The ladder in the service: which rung answers, what each says, and that all of it replays.

#include <gmock/gmock.h>

#include "core/catalogue/climatology.h"
#include "server/pipeline/forecast_archive.h"
#include "server/pipeline/forecaster.h"
#include "tests/unit/server/pipeline/forecaster_fixture.h"

namespace tremorcast {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class ForecasterLadderTest : public ForecasterTest {
 protected:
  Forecast Archive(const ForecastRequest& request) {
    return ArchiveForecast(forecasts_, ComputeOrDie(request), RevisionReason::kFirstIssue, true)->forecast;
  }
  // Six hours before the issue, and known by then.
  void LargeEvent() { AddEvent(issue_ - absl::Hours(6), 6.5); }
  void ReviseTheLargeEvent() {
    SeismicEvent late;
    late.source = "cenc";
    late.source_event_id = absl::StrCat(absl::ToUnixSeconds(issue_ - absl::Hours(6)));
    late.origin_time = issue_ - absl::Hours(6);
    late.epicenter = {30, 102};
    late.magnitude = 7.1;
    late.magnitude_type = "ML";
    ASSERT_TRUE(events_.Import({late}, clock_.Now()).ok());
  }
  static double EventProbability(const Forecast& f) { return 1 - f.probabilities[0]; }
};

TEST_F(ForecasterLadderTest, WithoutACatalogueModelTheOtherRungsAreSaidAllTheSame) {
  FillAll();
  const ModelVersion stations = Serve(kNetwork, 1);
  const Forecast f = ComputeOrDie(Operational());
  ASSERT_THAT(f.rungs, SizeIs(3));
  EXPECT_EQ(AnsweringRung(f), Rung::kStations);
  EXPECT_EQ(f.rungs[0].probabilities, f.climatology);
  EXPECT_TRUE(f.rungs[1].model.version.empty());
  EXPECT_THAT(f.rungs[1].verdict, HasSubstr("no catalogue model"));
  EXPECT_EQ(f.rungs[2].model.version, stations);
  EXPECT_EQ(f.rungs[2].probabilities, f.probabilities);
  EXPECT_FALSE(f.outlook.has_value());
}

TEST_F(ForecasterLadderTest, AfterALargeEventTheCatalogueRungSaysMore) {
  FillAll();
  const ModelVersion etas = ServeEtas();
  const Forecast quiet = ComputeOrDie(Operational());
  LargeEvent();
  const Forecast after = ComputeOrDie(Operational());
  for (const Forecast* f : {&quiet, &after}) {
    ASSERT_THAT(f->rungs, SizeIs(3));
    EXPECT_EQ(AnsweringRung(*f), Rung::kCatalogue);
    EXPECT_TRUE(f->model_used);
    EXPECT_TRUE(f->demonstrated_skill);
    EXPECT_EQ(f->model.version, etas);
    EXPECT_THAT(f->verdict, HasSubstr("catalogue model (ETAS)"));
    EXPECT_EQ(f->probabilities, PoolWithClimatology(*f->rungs[1].before_pool, f->climatology, 0.8));
    EXPECT_EQ(f->probabilities, f->rungs[1].probabilities);
    ASSERT_TRUE(f->outlook.has_value());
    ASSERT_THAT(f->outlook->horizons, SizeIs(4));
    for (size_t h = 1; h < 4; ++h) {
      EXPECT_GT(f->outlook->horizons[h].days, f->outlook->horizons[h - 1].days);
      EXPECT_GT(f->outlook->horizons[h].expected, f->outlook->horizons[h - 1].expected);
    }
    EXPECT_DOUBLE_EQ(f->outlook->completeness, 3.0);
    EXPECT_EQ(f->outlook->complete_until, issue_);
  }
  EXPECT_GT(EventProbability(after), 2 * EventProbability(quiet));
  EXPECT_GT(after.outlook->horizons[1].expected, 5 * quiet.outlook->horizons[1].expected);
  EXPECT_EQ(after.outlook->last_event, issue_ - absl::Hours(6));
  EXPECT_THAT(after.limitations, Not(Contains(HasSubstr("lacks events below"))))
      << "six hours after an M 6.5 everything from M 3 on is listed";
}

TEST_F(ForecasterLadderTest, SoonAfterALargeEventItSaysWhatTheCatalogueLacks) {
  ServeEtas();
  AddEvent(issue_ - absl::Minutes(5), 6.8);
  clock_.Advance(absl::Hours(2));  // the fixture's events are known after an hour
  ForecastRequest request = Operational();
  request.as_of = clock_.Now();
  EXPECT_THAT(ComputeOrDie(request).limitations, Contains(HasSubstr("so soon after the M 6.8")));
}

TEST_F(ForecasterLadderTest, StationsAnswerOverItOnlyWithSkillOverIt) {
  FillAll();
  const ModelVersion stations = Serve(kNetwork, 1);
  ServeEtas();
  const Forecast f = ComputeOrDie(Operational());
  EXPECT_EQ(AnsweringRung(f), Rung::kCatalogue) << "the gate showed a gain over climatology, not over the catalogue";
  EXPECT_EQ(f.rungs[2].model.version, stations);
  EXPECT_FALSE(f.rungs[2].answers);
  EXPECT_THAT(f.rungs[2].verdict, HasSubstr("so the catalogue rung answers"));
  ASSERT_TRUE(f.rungs[2].before_pool.has_value());
  EXPECT_EQ(f.rungs[2].probabilities,
            PoolWithClimatology(*f.rungs[2].before_pool, f.rungs[1].probabilities, f.rungs[2].pool_weight))
      << "pooled with the rung below";
}

// As does a gate that asked for a gain over that rung, which is said.
TEST_F(ForecasterLadderTest, StationsThatPassedAGateOverTheCatalogueRungAnswer) {
  FillAll();
  const ModelVersion stations = Publish(1, 0.5, true, false, /*over_catalogue_rung=*/true);
  Promote(RegionId(kNetwork), stations);
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  ServeEtas();
  const Forecast f = ComputeOrDie(Operational());
  EXPECT_EQ(AnsweringRung(f), Rung::kStations);
  EXPECT_EQ(f.model.version, stations);
  EXPECT_TRUE(f.rungs[2].answers);
  EXPECT_FALSE(f.rungs[1].answers);
  EXPECT_EQ(f.probabilities,
            PoolWithClimatology(*f.rungs[2].before_pool, f.rungs[1].probabilities, f.rungs[2].pool_weight));
  EXPECT_THAT(f.verdict, HasSubstr("better than the catalogue rung and climatology"));
}

TEST_F(ForecasterLadderTest, AnswersWithoutAnyStation) {
  ServeEtas();
  Serve(kNetwork, 1);
  const Forecast f = ComputeOrDie(Operational());
  EXPECT_EQ(f.status, ForecastStatus::kInsufficientData);
  EXPECT_EQ(AnsweringRung(f), Rung::kCatalogue);
  EXPECT_NE(f.probabilities, f.climatology);
}

TEST_F(ForecasterLadderTest, AStaleCatalogueLowersTheRung) {
  ServeEtas();
  ASSERT_THAT(*events_.ListCompleteness(false), SizeIs(1));
  const Completeness stated = events_.ListCompleteness(false)->front();
  ASSERT_TRUE(events_.RevokeComplete(stated.id, clock_.Now()).ok());
  Completeness shorter = stated;
  shorter.period.end = issue_ - absl::Hours(72);
  ASSERT_TRUE(events_.StateComplete(shorter, false).ok());
  const Forecast f = ComputeOrDie(Operational());
  EXPECT_EQ(AnsweringRung(f), Rung::kClimatology);
  EXPECT_EQ(f.probabilities, f.climatology);
  EXPECT_THAT(f.rungs[1].verdict, HasSubstr("3.0 days before the forecast begins"));
  EXPECT_THAT(f.limitations, Contains(HasSubstr("complete up to")));
}

TEST_F(ForecasterLadderTest, ACatalogueThatFellSilentLowersTheRung) {
  ServeEtas();
  const absl::Time later = issue_ + 60 * kWeekLength;  // nothing was listed since
  clock_.Set(later + absl::Minutes(30));
  Completeness stated = events_.ListCompleteness(false)->front();
  stated.period.end = later;
  ASSERT_TRUE(events_.StateComplete(stated, true).ok());
  ForecastRequest request = Operational();
  request.valid_from = later;
  request.as_of = clock_.Now();
  const Forecast f = ComputeOrDie(request);
  EXPECT_EQ(AnsweringRung(f), Rung::kClimatology);
  EXPECT_THAT(f.rungs[1].verdict, HasSubstr("lists nothing"));
}

TEST_F(ForecasterLadderTest, ARegionBeyondItsAreaIsNotAnsweredFor) {
  ServeEtas();
  Region east;
  east.id = RegionId("east");
  east.title = "east";
  east.polygon = BoxPolygon(29, 31, 102, 104);  // half of it beyond the model's box
  ASSERT_TRUE(network_store_.UpsertRegion(east).ok());
  ASSERT_TRUE(network_.Refresh().ok());
  ForecastRequest request = Operational();
  EXPECT_EQ(AnsweringRung(ComputeOrDie(request)), Rung::kCatalogue);
  request.region = east.id;
  const Forecast f = ComputeOrDie(request);
  EXPECT_EQ(AnsweringRung(f), Rung::kClimatology);
  EXPECT_THAT(f.rungs[1].verdict, HasSubstr("reaches beyond the area"));
}

TEST_F(ForecasterLadderTest, WithoutSkillOrWeightItDoesNotAnswer) {
  ServeEtas(0.8, /*skill=*/false);
  EXPECT_EQ(AnsweringRung(ComputeOrDie(Operational())), Rung::kClimatology);
  ServeEtas(0, /*skill=*/true);
  const Forecast f = ComputeOrDie(Operational());
  EXPECT_EQ(AnsweringRung(f), Rung::kClimatology);
  EXPECT_THAT(f.rungs[1].verdict, HasSubstr("no weight"));
  EXPECT_FALSE(f.model_used);
}

TEST_F(ForecasterLadderTest, ASimulatedWorldsModelNeverAnswersForTheEarth) {
  ServeEtas(0.8, true, /*simulated=*/true);
  const Forecast f = ComputeOrDie(Operational());
  EXPECT_EQ(AnsweringRung(f), Rung::kClimatology);
  EXPECT_FALSE(f.outlook.has_value());
}

TEST_F(ForecasterLadderTest, ReplaysToTheBitWhateverIsLearntLater) {
  FillAll();
  Serve(kNetwork, 1);
  ServeEtas();
  LargeEvent();
  const Forecast archived = Archive(Operational());
  ServeEtas(0.3);
  Serve(kNetwork, 2);
  clock_.Advance(20 * kWeekLength);
  ReviseTheLargeEvent();
  const absl::StatusOr<ReplayResult> replay = forecaster_.Replay(archived);
  ASSERT_TRUE(replay.ok()) << replay.status();
  EXPECT_TRUE(replay->identical) << replay->explanation;
  EXPECT_EQ(replay->replay->input_hash, archived.input_hash);
  EXPECT_EQ(replay->replay->outlook, archived.outlook);

  Forecast altered = archived;
  altered.outlook->horizons[2].expected = std::nextafter(altered.outlook->horizons[2].expected, 1e9);
  EXPECT_FALSE(forecaster_.Replay(altered)->identical);
  altered = archived;
  altered.rungs[2].probabilities[1] = std::nextafter(altered.rungs[2].probabilities[1], 1.0);
  EXPECT_FALSE(forecaster_.Replay(altered)->identical) << "also of a rung that did not answer";
}

TEST_F(ForecasterLadderTest, SaysThatTheCatalogueReadsOtherwise) {
  ServeEtas();
  const Forecast archived = Archive(Operational());
  // Recorded an hour after it, so that it would have been known.
  AddEvent(issue_ - 30 * kWeekLength + absl::Hours(5), 6.0);
  const absl::StatusOr<ReplayResult> replay = forecaster_.Replay(archived);
  ASSERT_TRUE(replay.ok()) << replay.status();
  EXPECT_FALSE(replay->identical);
  EXPECT_THAT(replay->explanation, HasSubstr("the catalogue as it was known then reads otherwise now"));
}

TEST_F(ForecasterLadderTest, LateRowsLeaveTheCatalogueRungAlone) {
  Serve(kNetwork, 1);
  ServeEtas();
  const Forecast first = Archive(Operational());
  ASSERT_EQ(first.status, ForecastStatus::kInsufficientData);
  clock_.Advance(absl::Hours(2));
  FillAll();
  for (const char* station : {"s1", "s2", "s3", "s4"}) {
    ASSERT_TRUE(observations_.Seal(StationId(station), input_week_, clock_.Now()).ok());
  }
  LargeEvent();
  ForecastRequest request = RequestFor(kLab, issue_);
  request.revises = std::make_shared<const Forecast>(first);
  const Forecast revised = ComputeOrDie(request);
  EXPECT_EQ(revised.status, ForecastStatus::kOk);
  EXPECT_EQ(AnsweringRung(revised), Rung::kCatalogue);
  EXPECT_EQ(revised.rungs[1].probabilities, first.rungs[1].probabilities);
  EXPECT_EQ(revised.outlook, first.outlook);
  EXPECT_TRUE(revised.rungs[2].before_pool.has_value());
}

TEST_F(ForecasterLadderTest, AHindcastByAnyCatalogueModelAnswersFromItAlone) {
  FillAll();
  Serve(kNetwork, 1);
  const ModelVersion version = ServeEtas(0.8, /*skill=*/false);
  ForecastRequest request = RequestFor(kLab, issue_ - 2 * kWeekLength);
  request.model = *models_.Load(version);
  const Forecast f = ComputeOrDie(request);
  EXPECT_EQ(AnsweringRung(f), Rung::kCatalogue);
  EXPECT_EQ(f.model.version, version);
  const auto learnt = Contains(HasSubstr("the model has learnt from what came until"));
  EXPECT_THAT(f.limitations, Not(learnt));
  request.valid_from = issue_ - 6 * kWeekLength;  // its training ends four weeks before the issue
  EXPECT_THAT(ComputeOrDie(request).limitations, learnt);
}

}  // namespace
}  // namespace tremorcast
