#include "trainer/run/training_job.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdlib.h>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "model/serving/torch_predictor.h"
#include "tests/fakes/fake_catalogue.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_model_registry.h"
#include "tests/fakes/fake_observations.h"
#include "tests/support/simulated_network.h"
#include "trainer/evaluate/placebos.h"
#include "trainer/evaluate/report/report_html.h"
#include "trainer/evaluate/training_report.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kWeeks = 14;

// A folder that goes with the test.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tremorcast-job-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The rows of a small network are made once for all tests; each test has its own registry.
struct LoadedNetwork {
  Simulator simulator;
  FakeObservations observations;
  FakeNetworkStore network;
  FakeEventStore events;
};

LoadedNetwork& Network() {
  static LoadedNetwork* const network = [] {
    SimulatorConfig config;
    config.seed = 5;
    config.regions = 2;
    config.stations_per_region = 2;
    config.whole_network = true;
    config.weeks = kWeeks;
    config.event_rate = 0.5;
    auto* loaded = new LoadedNetwork{Simulator::Create(config).value(), FakeObservations(), {}, {}};
    const absl::Status status = LoadSimulatedNetwork(
        loaded->simulator, {loaded->observations, loaded->observations, loaded->network, loaded->events});
    EXPECT_TRUE(status.ok()) << status;
    return loaded;
  }();
  return *network;
}

class TrainingJobTest : public ::testing::Test {
 protected:
  void SetUp() override {
    clock_.Set(Network().simulator.Week(kWeeks).end + absl::Hours(24 * 30));
    TrainerConfig& config = options_.config;
    config.data.slots = 12;
    config.training.max_epochs = 2;
    config.training.heads = 2;
    config.training.threads = 1;
    config.bootstrap.replicates = 200;
    options_.git_revision = "abc";
  }

  absl::StatusOr<TrainingOutcome> Run(const std::atomic<bool>* stop = nullptr) {
    clock_.Advance(absl::Minutes(1));
    TrainingJob job({Network().observations, Network().network, Network().events, models_, runs_}, loader_, clock_,
                    CheckPlacebos, options_);
    return job.Run(
        [this](const RunProgress& p) {
          if (on_progress_) on_progress_(p);
        },
        stop);
  }
  TrainingRun LastRun() { return runs_.List(1).value().at(0); }

  FakeClock clock_;
  FakeTrainingRunStore runs_;
  FakeModelRegistry models_{&runs_};
  TorchPredictorLoader loader_{TorchPredictorOptions{}};
  TrainingJobOptions options_;
  std::function<void(const RunProgress&)> on_progress_;
};

TEST_F(TrainingJobTest, PublishesWithoutPromotingWhereEvidenceIsMissing) {
  const auto outcome = Run();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->state, TrainingState::kKept);
  EXPECT_TRUE(outcome->published);
  EXPECT_THAT(outcome->verdict, StartsWith("no demonstrated skill"));

  const ModelRecord record = models_.Get(outcome->version).value();
  EXPECT_EQ(record.model.weights_sha256, outcome->weights_sha256);
  EXPECT_EQ(record.data_hash, outcome->data_hash);
  EXPECT_EQ(record.model.git_revision, "abc");
  EXPECT_FALSE(record.demonstrated_skill);
  EXPECT_TRUE(record.simulated);
  EXPECT_EQ(record.training_run, outcome->run_id);
  EXPECT_THAT(record.scores_json, HasSubstr("gain_over_climatology"));
  EXPECT_THAT(record.manifest_json, HasSubstr(outcome->data_hash));
  EXPECT_TRUE(models_.Champions(absl::InfiniteFuture()).value().empty());

  const TrainingRun run = LastRun();
  EXPECT_EQ(run.state, TrainingState::kKept);
  EXPECT_EQ(run.candidate, outcome->version);
  EXPECT_EQ(run.plan_hash, Sha256Hex(run.plan_json));
  EXPECT_EQ(run.progress, 1);
  EXPECT_TRUE(run.finished_at.has_value());

  // What was published can be loaded and carries w = 0.
  const auto predictor =
      loader_.Load(outcome->version, models_.Artifact(outcome->version).value(), outcome->weights_sha256);
  ASSERT_TRUE(predictor.ok()) << predictor.status();
  EXPECT_EQ((*predictor)->info().pool_weight, 0);
  EXPECT_LE((*predictor)->info().model.training_period.end, Network().simulator.Week(kWeeks).begin);
}

// A model of another question goes by its own ledger, and the artifact says what it learnt.
TEST_F(TrainingJobTest, AnotherQuestionHasAScopeOfItsOwn) {
  ASSERT_TRUE(Run().ok());
  EXPECT_THAT(LastRun().plan_json, Not(HasSubstr("\"question\"")));
  options_.config.data.question = {3, 1};
  const auto outcome = Run();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(LastRun().plan_json, HasSubstr("\"question\":{\"issue_day\":3,\"horizon_days\":1}"));
  const ModelRecord record = models_.Get(outcome->version).value();
  EXPECT_EQ(record.question, (StationQuestion{3, 1}));
  const auto predictor =
      loader_.Load(outcome->version, models_.Artifact(outcome->version).value(), outcome->weights_sha256);
  ASSERT_TRUE(predictor.ok()) << predictor.status();
  EXPECT_EQ((*predictor)->info().question, (StationQuestion{3, 1}));
  Promotion promotion;
  promotion.scope = RegionId(kNetworkScope);
  promotion.version = outcome->version;
  EXPECT_FALSE(models_.Promote(promotion).ok());
  promotion.scope = ScopeOf(record.question);
  EXPECT_TRUE(models_.Promote(promotion).ok());
}

// Where the catalogue rung has a champion, the network must know more than that: the plan says so
// before anything is trained, and so do the verdict and the artifact.
TEST_F(TrainingJobTest, IsJudgedOverTheCatalogueRungWhereThatAnswers) {
  ASSERT_TRUE(Run().ok());
  EXPECT_THAT(LastRun().plan_json, Not(HasSubstr("\"below\"")));
  ModelRecord rung;
  rung.rung = Rung::kCatalogue;
  rung.model.version = ModelVersion("etas-1");
  rung.model.weights_sha256 = Sha256Hex("etas");
  rung.created_at = clock_.Now();
  rung.simulated = true;
  ASSERT_TRUE(models_.Publish(rung, "etas", {}, std::nullopt).ok());
  Promotion promotion;
  promotion.scope = RegionId(kCatalogueScope);
  promotion.version = rung.model.version;
  promotion.promoted_at = clock_.Now();
  ASSERT_TRUE(models_.Promote(promotion).ok());
  const auto outcome = Run();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(LastRun().plan_json, HasSubstr(R"("below":{"rung":"catalogue")"));
  EXPECT_THAT(outcome->verdict, HasSubstr("the gain over the catalogue rung could not be measured"))
      << "so short a catalogue cannot be fitted to";

  options_.config.below = Rung::kClimatology;  // asked for
  const auto other = Run();
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_THAT(other->verdict, Not(HasSubstr("the catalogue rung")));
}

TEST_F(TrainingJobTest, DoesNotTrainTheSameTwiceAndReproducesItByForce) {
  const auto first = Run();
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = Run();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_FALSE(second->published);
  EXPECT_FALSE(second->scores.has_value());
  EXPECT_EQ(second->version, first->version);
  EXPECT_THAT(second->decision, HasSubstr("nothing new since run " + first->run_id));

  options_.force = true;
  const auto forced = Run();
  ASSERT_TRUE(forced.ok()) << forced.status();
  EXPECT_TRUE(forced->scores.has_value());
  EXPECT_EQ(forced->weights_sha256, first->weights_sha256);
  EXPECT_FALSE(forced->published);
  EXPECT_EQ(models_.List().value().size(), 1u);

  options_.config.training.seed = 2;
  const auto other = Run();
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_NE(other->weights_sha256, first->weights_sha256);
  EXPECT_EQ(models_.List().value().size(), 2u);
}

TEST_F(TrainingJobTest, StoresThePlanBeforeAnythingIsTrained) {
  std::string plan_hash_at_first_epoch;
  on_progress_ = [&](const RunProgress& p) {
    if (p.unit == "epochs" && plan_hash_at_first_epoch.empty()) plan_hash_at_first_epoch = LastRun().plan_hash;
  };
  const auto outcome = Run();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(plan_hash_at_first_epoch, outcome->plan_hash);
  EXPECT_FALSE(plan_hash_at_first_epoch.empty());
}

TEST_F(TrainingJobTest, StoppedRunGoesOnFromItsStateWithTheSameResult) {
  options_.force = true;
  const auto whole = Run();
  ASSERT_TRUE(whole.ok()) << whole.status();

  const TempFolder folder;
  options_.state_root = folder.path().string();
  std::atomic<bool> stop{false};
  on_progress_ = [&](const RunProgress& p) { stop = stop || p.stage == "stage 1"; };
  const auto stopped = Run(&stop);
  EXPECT_EQ(stopped.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(LastRun().state, TrainingState::kInterrupted);
  EXPECT_FALSE(std::filesystem::is_empty(folder.path()));

  std::vector<std::string> stages;
  on_progress_ = [&](const RunProgress& p) {
    if (p.unit == "epochs") stages.push_back(p.stage + " " + std::to_string(p.done));
  };
  const auto resumed = Run();
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(resumed->weights_sha256, whole->weights_sha256);
  ASSERT_FALSE(stages.empty());
  EXPECT_NE(stages.front(), "stage 1 1") << "the first epoch was trained again";
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "the state of a finished run is of no more use";
}

TEST_F(TrainingJobTest, RunsLeftBehindByKilledTrainersAreMarked) {
  TrainingRun dead;
  dead.id = "dead";
  dead.started_at = dead.updated_at = clock_.Now() - absl::Hours(1);
  dead.stage = "stage 1 7/60 epochs";
  ASSERT_TRUE(runs_.Put(dead).ok());
  TrainingRun at_work;
  at_work.id = "20261122T153000.123-catalogue";
  at_work.started_at = at_work.updated_at = clock_.Now();
  ASSERT_TRUE(runs_.Put(at_work).ok());
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(runs_.Get(at_work.id).value()->state, TrainingState::kRunning) << "that of the other rung has its own lock";
  const TrainingRun marked = runs_.Get("dead").value().value();
  EXPECT_EQ(marked.state, TrainingState::kInterrupted);
  EXPECT_THAT(marked.error, HasSubstr("stage 1 7/60"));
}

TEST_F(TrainingJobTest, FailuresAreRecordedAndNothingIsPublished) {
  Network().observations.faults().FailNext(absl::UnavailableError("database away"));
  const auto failed = Run();
  EXPECT_EQ(failed.status(), absl::UnavailableError("database away"));
  EXPECT_EQ(LastRun().state, TrainingState::kFailed);
  EXPECT_EQ(LastRun().error, "database away");
  EXPECT_TRUE(models_.List().value().empty());
}

TEST_F(TrainingJobTest, ALostLockPublishesNothing) {
  options_.still_alone = [] { return false; };
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(models_.List().value().empty());
  EXPECT_EQ(LastRun().state, TrainingState::kFailed);
}

TEST_F(TrainingJobTest, TellsWhatIsMissingInsteadOfTraining) {
  // Before the third label week had settled there was too little to learn from.
  options_.config.data.as_of = Network().simulator.Week(2).end + absl::Hours(49);
  const auto early = Run();
  EXPECT_EQ(early.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(LastRun().state, TrainingState::kFailed);
}

void ExpectFactsOf(const TrainingOutcome& outcome, const EvaluationReport& report) {
  EXPECT_THAT(report.title, HasSubstr(outcome.run_id));
  EXPECT_EQ(report.verdict, outcome.verdict);
  EXPECT_EQ(report.data_hash, outcome.data_hash);
  EXPECT_EQ(report.plan_hash, outcome.plan_hash);
  EXPECT_EQ(report.git_revision, "abc");
}

void ExpectACurveOfStageOneAndEachHead(const EvaluationReport& report) {
  ASSERT_EQ(report.curves.size(), 3u);
  EXPECT_EQ(report.curves[0].name, "stage 1");
  EXPECT_EQ(report.curves[2].name, "stage 2, head 2");
  EXPECT_EQ(report.curves[0].train_loss.size(), 2u);
}

void ExpectTheRunsOwnScores(const TrainingOutcome& outcome, const EvaluationReport& report) {
  ASSERT_EQ(report.slices.size(), 4u);
  EXPECT_EQ(report.slices[3].rows, static_cast<int>(outcome.scores->areas.weeks.size()));
  const auto row = std::find_if(report.rows.begin(), report.rows.end(),
                                [&](const MethodRow& r) { return r.name == report.proposed; });
  ASSERT_NE(row, report.rows.end());
  ASSERT_TRUE(outcome.scores->areas.gain_before_pool.has_value());
  EXPECT_NEAR(row->gain_before_pool->mean, outcome.scores->areas.gain_before_pool->mean, 1e-9);
}

TEST_F(TrainingJobTest, AReportOfTheRunHoldsItsDataCurvesVerdictAndHashes) {
  std::vector<EvaluationReport> reports;
  options_.on_trained = [&](const TrainedRun& run) {
    const absl::StatusOr<EvaluationReport> report = ReportTraining(run);
    ASSERT_TRUE(report.ok()) << report.status();
    reports.push_back(*report);
  };
  const auto outcome = Run();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  ASSERT_EQ(reports.size(), 1u);
  const EvaluationReport& report = reports[0];
  ExpectFactsOf(*outcome, report);
  ExpectACurveOfStageOneAndEachHead(report);
  ExpectTheRunsOwnScores(*outcome, report);
  const std::string page = RenderHtml(report);
  for (const std::string& part :
       {outcome->run_id, outcome->data_hash, outcome->plan_hash, outcome->weights_sha256, std::string("Loss curves")}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  // Nothing new: nothing to report on.
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(reports.size(), 1u);
}

}  // namespace
}  // namespace tremorcast
