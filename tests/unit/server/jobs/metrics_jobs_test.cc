#include "server/jobs/metrics_jobs.h"

#include <cmath>

#include "core/skill/run_id.h"
#include "server/jobs/model_watch_job.h"
#include "tests/unit/server/pipeline/service_fixture.h"

namespace tremorcast {
namespace {

bool Always() { return true; }

using MetricsJobsTest = ServiceFixture;

TEST_F(MetricsJobsTest, ExportsTheNewestForecastAndTheSkillOfEachRegion) {
  ASSERT_TRUE(network_.Refresh().ok());
  Serve(kNetwork, 1);
  Forecast f = ComputeOrDie(RequestFor(kLab, issue_));
  f.purpose = ForecastPurpose::kOperational;
  f.probabilities = {.6, .1, .1, .1, .1};
  ASSERT_TRUE(forecasts_.Append(f).ok());
  Verification v;
  v.region = kLab;
  v.forecast_id = f.id;
  v.valid_from = issue_;
  v.information_gain = .25;
  ASSERT_TRUE(forecasts_.AppendVerification(v).ok());
  ForecastMetricsJob job(forecasts_, network_, metrics_.forecasts);
  ASSERT_TRUE(job.Tick(clock_.Now(), Always).ok());
  EXPECT_NEAR(Metric("tremorcast_forecast_probability", {"lab", "3.5"}), .4, 1e-12);
  EXPECT_NEAR(Metric("tremorcast_forecast_probability", {"lab", "5.0"}), .1, 1e-12);
  EXPECT_EQ(Metric("tremorcast_forecast_issued_timestamp_seconds", {"lab"}), UnixSeconds(f.issued_at));
  EXPECT_EQ(Metric("tremorcast_regions_degraded"), 1) << "it had no data";
  EXPECT_NEAR(Metric("tremorcast_forecast_information_gain_nats", {"lab", "climatology"}), .25, 1e-12);
  EXPECT_TRUE(std::isnan(Metric("tremorcast_forecast_information_gain_nats", {"lab", "catalogue"})));
  v.forecast_id = "next";
  v.valid_from += kWeekLength;
  v.information_gain = .75;
  ASSERT_TRUE(forecasts_.AppendVerification(v).ok());
  ASSERT_TRUE(job.Tick(clock_.Now(), Always).ok());
  EXPECT_NEAR(Metric("tremorcast_forecast_information_gain_nats", {"lab", "climatology"}), .5, 1e-12);
  v.revision = 2;  // as many weeks, and another outcome
  v.information_gain = 1.75;
  ASSERT_TRUE(forecasts_.AppendVerification(v).ok());
  ASSERT_TRUE(job.Tick(clock_.Now(), Always).ok());
  EXPECT_NEAR(Metric("tremorcast_forecast_information_gain_nats", {"lab", "climatology"}), 1, 1e-12);
  for (const std::string& id : {f.id, v.forecast_id}) {
    v.forecast_id = id;
    v.revision = id == f.id ? 2 : 3;
    v.reason = VerificationReason::kNoLongerComplete;
    ASSERT_TRUE(forecasts_.AppendVerification(v).ok());
  }
  ASSERT_TRUE(job.Tick(clock_.Now(), Always).ok());
  EXPECT_TRUE(std::isnan(Metric("tremorcast_forecast_information_gain_nats", {"lab", "climatology"})));
}

TEST_F(MetricsJobsTest, ExportsTrainingRunsOutOfTheTable) {
  TrainingMetricsJob job(
      runs_,
      [](absl::string_view json) {
        return std::map<std::string, double>{{std::string(json), 1.5}};
      },
      metrics_.training);
  TrainingRun run;
  run.id = "r1";
  run.started_at = issue_;
  run.state = TrainingState::kPromoted;
  run.finished_at = issue_ + absl::Hours(1);
  run.scores_json = "gain";
  ASSERT_TRUE(runs_.Put(run).ok());
  run.id = "r2";
  run.started_at += absl::Hours(10);
  run.state = TrainingState::kFailed;
  run.finished_at = issue_ + absl::Hours(11);
  run.scores_json = "";
  ASSERT_TRUE(runs_.Put(run).ok());
  ASSERT_TRUE(job.Tick(clock_.Now(), Always).ok());
  EXPECT_EQ(Metric("tremorcast_training_runs_total", {"promoted"}), 1);
  EXPECT_EQ(Metric("tremorcast_training_runs_total", {"failed"}), 1);
  EXPECT_EQ(Metric("tremorcast_training_runs_total", {"kept"}), 0);
  EXPECT_EQ(Metric("tremorcast_training_last_success_timestamp_seconds"), UnixSeconds(issue_ + absl::Hours(1)));
  EXPECT_EQ(Metric("tremorcast_training_candidate_score", {kNetworkScope, "gain"}), 1.5);
  run.id = MakeRunId(issue_ + absl::Hours(20), Rung::kCatalogue);
  run.started_at += absl::Hours(10);
  run.state = TrainingState::kKept;
  run.scores_json = "catalogue_gain";
  ASSERT_TRUE(runs_.Put(run).ok());
  ASSERT_TRUE(job.Tick(clock_.Now(), Always).ok());
  EXPECT_EQ(Metric("tremorcast_training_candidate_score", {kNetworkScope, "gain"}), 1.5) << "each rung has its own";
  EXPECT_EQ(Metric("tremorcast_training_candidate_score", {kCatalogueScope, "catalogue_gain"}), 1.5);
}

TEST_F(MetricsJobsTest, RefreshesTheNetworkAndTheFreshnessOfStations) {
  Fill("s1", input_week_, 0, 7);
  NetworkRefreshJob job(network_, observations_, metrics_.ingest);
  ASSERT_TRUE(job.Tick(clock_.Now(), Always).ok());
  EXPECT_EQ(network_.Snapshot()->stations().size(), 4u);
  EXPECT_EQ(Metric("tremorcast_station_last_observation_timestamp_seconds", {"s1"}),
            UnixSeconds(input_week_ + 6 * kSlotLength));
}

TEST_F(MetricsJobsTest, TheModelWatchFollowsTheRegistryAndABrokenChampionIsNotItsFailure) {
  ModelWatchJob job(models_);
  const ModelVersion good = Publish(1);
  Promote(kNetwork, good);
  ASSERT_TRUE(job.Tick(clock_.Now(), Always).ok());
  EXPECT_EQ(models_.For(kLab)->record.model.version, good);
  const ModelVersion bad = Publish(2);
  registry_.CorruptArtifact(bad, "rubbish");
  Promote(kNetwork, bad);
  EXPECT_TRUE(job.Tick(clock_.Now(), Always).ok());
  EXPECT_EQ(models_.For(kLab)->record.model.version, good);
  registry_.faults().FailNext(absl::UnavailableError("away"));
  EXPECT_TRUE(absl::IsUnavailable(job.Tick(clock_.Now(), Always)));
}

}  // namespace
}  // namespace tremorcast
