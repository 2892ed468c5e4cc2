#include <string>

#include <gmock/gmock.h>

#include "server/pipeline/forecast_archive.h"
#include "server/pipeline/forecaster.h"
#include "tests/unit/server/pipeline/forecaster_fixture.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;

class ReplayTest : public ForecasterTest {
 protected:
  Forecast Archive(const ForecastRequest& request) {
    return ArchiveForecast(forecasts_, ComputeOrDie(request), RevisionReason::kFirstIssue, true)->forecast;
  }
};

TEST_F(ReplayTest, GivesTheSameBitsAfterEverythingElseHasMovedOn) {
  FillAll();
  Serve(kNetwork, 1);
  const Forecast archived = Archive(Operational());
  Serve(kNetwork, 2);
  FillLate("s1", input_week_, 0);
  clock_.Advance(20 * kWeekLength);
  Fill("s2", input_week_, 0, 10, 5);
  for (const char* station : {"s1", "s2"})
    ASSERT_TRUE(observations_.Seal(StationId(station), input_week_, clock_.Now()).ok());
  AddEvent(input_week_ - 30 * kWeekLength + absl::Hours(1), 5.5);
  const absl::StatusOr<ReplayResult> replay = forecaster_.Replay(archived);
  ASSERT_TRUE(replay.ok()) << replay.status();
  EXPECT_TRUE(replay->identical) << replay->explanation;
  EXPECT_EQ(replay->max_difference, 0);
  EXPECT_EQ(replay->replay->input_hash, archived.input_hash);
  EXPECT_EQ(replay->explanation, "identical to the bit");
}

TEST_F(ReplayTest, GivesTheSameBitsOfAForecastOlderThanTheLadder) {
  FillAll();
  Serve(kNetwork, 1);
  Forecast archived = Archive(Operational());
  archived.rungs.clear();
  EXPECT_EQ(AnsweringRung(archived), Rung::kStations);
  EXPECT_EQ(forecaster_.Replay(archived)->explanation, "identical to the bit");
}

TEST_F(ReplayTest, SeesOneChangedBit) {
  FillAll();
  Serve(kNetwork, 1);
  Forecast archived = Archive(Operational());
  archived.probabilities[0] = std::nextafter(archived.probabilities[0], 1.0);
  const ReplayResult replay = *forecaster_.Replay(archived);
  EXPECT_FALSE(replay.identical);
  EXPECT_GT(replay.max_difference, 0);
  EXPECT_THAT(replay.explanation, HasSubstr("should not happen"));
  archived.rungs.back().runtime = "another machine";
  EXPECT_THAT(forecaster_.Replay(archived)->explanation, HasSubstr("another machine"));
}

TEST_F(ReplayTest, SaysWhenAWindowOrTheModelIsGone) {
  FillAll();
  Serve(kNetwork, 1);
  Forecast no_window = Archive(Operational());
  no_window.stations[0].window->revision = 7;
  EXPECT_FALSE(forecaster_.Replay(no_window)->identical);
  EXPECT_THAT(forecaster_.Replay(no_window)->explanation, HasSubstr("cannot be replayed"));
  EXPECT_FALSE(forecaster_.Replay(no_window)->replay.has_value());
  Forecast no_model = Archive(Operational());
  no_model.rungs.back().model.version = ModelVersion("gone");
  EXPECT_THAT(forecaster_.Replay(no_model)->explanation, HasSubstr("cannot be replayed"));
}

TEST_F(ReplayTest, ReplaysClimatologyAndDegradedAnswersToo) {
  Serve(kNetwork, 1);
  const Forecast climatology = ComputeOrDie(Operational());
  EXPECT_TRUE(forecaster_.Replay(climatology)->identical);
  Fill("s1", input_week_);
  Fill("s2", input_week_);
  for (const char* station : {"s1", "s2"})
    ASSERT_TRUE(observations_.Seal(StationId(station), input_week_, clock_.Now()).ok());
  const Forecast degraded = ComputeOrDie(Operational());
  ASSERT_EQ(degraded.status, ForecastStatus::kDegraded);
  EXPECT_TRUE(forecaster_.Replay(degraded)->identical) << forecaster_.Replay(degraded)->explanation;
  ForecastRequest no_model = Operational();
  no_model.without_model = true;
  EXPECT_TRUE(forecaster_.Replay(ComputeOrDie(no_model))->identical);
}

TEST_F(ReplayTest, PassesOnThatTheStoreIsAway) {
  FillAll();
  Serve(kNetwork, 1);
  const Forecast archived = Archive(Operational());
  observations_.faults().FailNext(absl::UnavailableError("away"));
  EXPECT_TRUE(absl::IsUnavailable(forecaster_.Replay(archived).status()));
}

}  // namespace
}  // namespace tremorcast
