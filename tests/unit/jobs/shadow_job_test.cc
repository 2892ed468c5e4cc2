#include "server/jobs/shadow_job.h"

#include <algorithm>
#include <cmath>

#include "server/pipeline/forecast_archive.h"
#include "tests/unit/pipeline/service_fixture.h"

namespace tremorcast {
namespace {

bool Always() { return true; }

class ShadowJobTest : public ServiceFixture {
 protected:
  ShadowJobTest() : job_(forecaster_, network_, forecasts_, registry_, models_, metrics_.models, *log_) {
    for (const char* station : {"s1", "s2", "s3", "s4"}) Fill(station, input_week_);
    Serve(kNetwork, 1);
    ForecastRequest request = RequestFor(kLab, issue_);
    request.purpose = ForecastPurpose::kOperational;
    issued_ = ArchiveForecast(forecasts_, ComputeOrDie(request), RevisionReason::kFirstIssue, true)->forecast;
  }
  double Divergence() const { return Metric("tremorcast_shadow_divergence", {"lab"}); }

  ShadowJob job_;
  Forecast issued_;
};

TEST_F(ShadowJobTest, MeasuresWhatTheChallengerWouldHaveAnsweredAndArchivesNothing) {
  ASSERT_TRUE(job_.Tick(clock_.Now(), Always).ok());
  EXPECT_TRUE(std::isnan(Divergence())) << "there is no challenger";
  const ModelVersion challenger = Publish(2);
  ASSERT_TRUE(job_.Tick(clock_.Now(), Always).ok());
  ForecastRequest request = RequestFor(kLab, issue_);
  request.model = *models_.Load(challenger);
  const auto theirs = ExceedanceProbabilities(ComputeOrDie(request).probabilities);
  const auto ours = ExceedanceProbabilities(issued_.probabilities);
  double expected = 0;
  for (size_t k = 0; k < ours.size(); ++k) expected = std::max(expected, std::abs(ours[k] - theirs[k]));
  EXPECT_GT(expected, 0);
  EXPECT_DOUBLE_EQ(Divergence(), expected);
  EXPECT_EQ(*forecasts_.LastSequence(), 1);
  EXPECT_NE(models_.For(kLab)->record.version, challenger);
}

TEST_F(ShadowJobTest, ComparesEachForecastOnceAndForgetsAChallengerThatWasPromoted) {
  const ModelVersion challenger = Publish(2);
  ASSERT_TRUE(job_.Tick(clock_.Now(), Always).ok());
  const double computed = metrics_.inference.windows.Value();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(job_.Tick(clock_.Now(), Always).ok());
  EXPECT_EQ(metrics_.inference.windows.Value(), computed);
  Promote(kNetwork, challenger);
  ASSERT_TRUE(models_.ReconcileWithRegistry().ok());
  ASSERT_TRUE(job_.Tick(clock_.Now(), Always).ok());
  EXPECT_TRUE(std::isnan(Divergence()));
}

TEST_F(ShadowJobTest, AChallengerThatCannotBeLoadedIsAFailureOfTheJobAlone) {
  const ModelVersion challenger = Publish(2);
  registry_.CorruptArtifact(challenger, "rubbish");
  EXPECT_FALSE(job_.Tick(clock_.Now(), Always).ok());
  EXPECT_TRUE(std::isnan(Divergence()));
  EXPECT_NE(models_.For(kLab), nullptr);
}

}  // namespace
}  // namespace tremorcast
