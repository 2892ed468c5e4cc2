#include "trainer/ladder/catalogue_job.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "formats/etas_artifact_json.h"
#include "tests/fakes/fake_catalogue.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_model_registry.h"
#include "tests/unit/core/etas/etas_worlds.h"
#include "tests/unit/core/ladder/ladder_worlds.h"
#include "trainer/run/issue_threads.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr uint64_t kSkilledSeed = 10;
constexpr int kOutOfReach = 1'000'000;

class CatalogueJobTest : public ::testing::Test {
 protected:
  void SetUp() override {
    clock_.Set(DayZero() + absl::Hours(24 * kDaysPerYear * kLastingWorld.years));
    options_.config.origins = 1;
    options_.config.catalogues = 100;
    options_.config.bootstrap.replicates = 500;
    options_.git_revision = "abc";
    options_.for_each = ForEachOnThreads(2);
  }

  // The six regions and their catalogue, complete from its first day until now.
  void Load(const std::vector<SeismicEvent>& catalogue, bool simulated = true) {
    for (Region region : WorldTrial().regions) {
      region.simulated = simulated;
      ASSERT_TRUE(network_.UpsertRegion(region).ok());
    }
    ASSERT_TRUE(events_.Import(catalogue, DayZero()).ok());
    Completeness statement;
    statement.source = kSimulatedSource;
    statement.period = {DayZero(), clock_.Now()};
    statement.stated_at = DayZero();
    ASSERT_TRUE(events_.StateComplete(statement, false).ok());
  }

  void WithoutSkillAndQuickly() {
    options_.config.gate.min_event_region_weeks = kOutOfReach;
    options_.config.catalogues = 10;
    options_.config.rung.fit.background = EtasBackgroundKind::kUniform;
  }

  absl::StatusOr<CatalogueOutcome> Run(const std::atomic<bool>* stop = nullptr) {
    clock_.Advance(absl::Minutes(1));
    CatalogueJob job({network_, events_, models_, runs_}, clock_, options_);
    return job.Run(
        [this](const RunProgress& p) {
          if (on_progress_) on_progress_(p);
        },
        stop);
  }
  TrainingRun LastRun() { return runs_.List(1).value().at(0); }

  FakeClock clock_;
  FakeNetworkStore network_;
  FakeEventStore events_;
  FakeTrainingRunStore runs_;
  FakeModelRegistry models_{&runs_};
  CatalogueJobOptions options_;
  std::function<void(const RunProgress&)> on_progress_;
};

TEST_F(CatalogueJobTest, ClustersArePublishedAndReplaceTheFitBeforeThem) {
  Load(ClusteredWorld(kSkilledSeed, kLastingWorld));
  ModelRecord before;
  before.model.version = ModelVersion("before");
  before.model.weights_sha256 = Sha256Hex("old");
  before.model.training_period = {DayZero(), DayZero() + absl::Hours(24 * 365)};
  before.simulated = true;
  before.rung = Rung::kCatalogue;
  Promotion promotion;
  promotion.scope = RegionId(kCatalogueScope);
  promotion.version = before.model.version;
  ASSERT_TRUE(models_.Publish(before, "old", {&promotion, 1}, std::nullopt).ok());

  std::string plan_before_the_test, hash_before_the_test;
  on_progress_ = [&](const RunProgress& p) {
    if (p.stage == "judging" && hash_before_the_test.empty()) {
      plan_before_the_test = LastRun().plan_json;
      hash_before_the_test = LastRun().plan_hash;
    }
  };
  const auto outcome = Run();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  ASSERT_EQ(outcome->state, TrainingState::kPromoted) << outcome->verdict << "; " << outcome->decision;
  EXPECT_THAT(outcome->verdict, StartsWith("demonstrated skill over 52 test weeks"));
  EXPECT_EQ(outcome->placebos.size(), 2u);
  EXPECT_FALSE(hash_before_the_test.empty());
  EXPECT_EQ(hash_before_the_test, outcome->plan_hash);
  EXPECT_EQ(hash_before_the_test, Sha256Hex(plan_before_the_test));

  const Promotion champion = models_.Champions(absl::InfiniteFuture()).value().at(RegionId(kCatalogueScope));
  EXPECT_EQ(champion.version, outcome->version);
  EXPECT_EQ(champion.previous, before.model.version);
  EXPECT_EQ(champion.actor, "trainer");
  EXPECT_THAT(champion.reason, HasSubstr("a refit of the procedure that made before"));

  const ModelRecord record = models_.Get(outcome->version).value();
  EXPECT_EQ(record.rung, Rung::kCatalogue);
  EXPECT_TRUE(record.demonstrated_skill);
  EXPECT_TRUE(record.simulated);
  EXPECT_EQ(record.training_run, outcome->run_id);
  EXPECT_THAT(record.scores_json, HasSubstr("gain_over_twin_low"));
  const auto artifact = ReadEtasArtifact(models_.Artifact(outcome->version).value());
  ASSERT_TRUE(artifact.ok()) << artifact.status();
  EXPECT_TRUE(CheckGolden(*artifact).ok());
  EXPECT_EQ(artifact->pool_weight, outcome->trial->pool.weight);
  EXPECT_GT(artifact->pool_weight, 0);
  EXPECT_EQ(artifact->twin.regions.size(), 6u);
  EXPECT_EQ(artifact->training_period, record.model.training_period);
  // To all that is known, and not to what was known at the last origin.
  EXPECT_GT(artifact->training_period.end, outcome->trial->origins.back().begin + 50 * kWeekLength);
  EXPECT_EQ(artifact->sources_from, DayZero());
  EXPECT_EQ(LastRun().state, TrainingState::kPromoted);
  EXPECT_EQ(LastRun().progress, 1);
}

TEST_F(CatalogueJobTest, WithoutSkillItIsPublishedOnceAndNotPromoted) {
  Load(ClusteredWorld(kSkilledSeed, kLastingWorld));
  WithoutSkillAndQuickly();
  const auto first = Run();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->state, TrainingState::kKept);
  EXPECT_TRUE(first->published);
  EXPECT_THAT(first->verdict, HasSubstr("1000000 are needed"));
  EXPECT_TRUE(first->placebos.empty());
  EXPECT_TRUE(models_.Champions(absl::InfiniteFuture()).value().empty());

  const auto second = Run();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_FALSE(second->trial.has_value());
  EXPECT_EQ(second->version, first->version);
  EXPECT_EQ(second->verdict, first->verdict);
  EXPECT_THAT(second->decision, HasSubstr("nothing new since run " + first->run_id));

  options_.force = true;
  options_.for_each = ForEachOnThreads(1);
  const auto forced = Run();
  ASSERT_TRUE(forced.ok()) << forced.status();
  EXPECT_TRUE(forced->trial.has_value());
  EXPECT_EQ(forced->weights_sha256, first->weights_sha256);
  EXPECT_FALSE(forced->published);
  EXPECT_EQ(models_.List().value().size(), 1u);

  // An event that was entered later is another snapshot.
  SeismicEvent late = ClusteredWorld(kSkilledSeed, kLastingWorld)[100];
  late.source_event_id = "late";
  ASSERT_TRUE(events_.Import({&late, 1}, DayZero()).ok());
  options_.force = false;
  const auto other = Run();
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_NE(other->data_hash, first->data_hash);
  EXPECT_TRUE(other->published);
}

TEST_F(CatalogueJobTest, ARefusedFitPublishesNothingAndIsNotTriedTwice) {
  Load(ClusteredWorld(kSkilledSeed, kLastingWorld));
  options_.config.rung.fit.least_targets = kOutOfReach;
  const auto outcome = Run();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->state, TrainingState::kKept);
  EXPECT_FALSE(outcome->published);
  EXPECT_TRUE(outcome->version.empty());
  EXPECT_THAT(outcome->verdict, StartsWith("no model: "));
  EXPECT_THAT(outcome->verdict, HasSubstr("fewer than 1000000"));
  EXPECT_TRUE(models_.List().value().empty());
  EXPECT_EQ(LastRun().state, TrainingState::kKept);
  EXPECT_EQ(LastRun().verdict, outcome->verdict);
  EXPECT_THAT(Run()->decision, HasSubstr("nothing new since run " + outcome->run_id));

  options_.config.rung = {};
  options_.config.rung.classes.edges = {2.0, 2.5, 3.0, 3.5};
  EXPECT_THAT(Run()->verdict, HasSubstr("the first class begins at 2.0"));
}

TEST_F(CatalogueJobTest, AShortCatalogueIsRefusedAndAYoungOneHasFewerTests) {
  Load(ClusteredWorld(kSkilledSeed, kLastingWorld));
  options_.config.gate.min_event_region_weeks = kOutOfReach;
  options_.config.rung.fit.least_targets = kOutOfReach;  // the plan is what is looked at
  options_.config.origins = 5;
  ASSERT_TRUE(Run().ok());
  EXPECT_THAT(LastRun().plan_json, HasSubstr("\"origins\":2"));
  options_.config.data.as_of = DayZero() + absl::Hours(24 * 365 * 3);
  const auto early = Run();
  ASSERT_TRUE(early.ok()) << early.status();
  EXPECT_EQ(early->state, TrainingState::kKept);
  EXPECT_THAT(early->verdict, HasSubstr("no model: the catalogue is too short to judge a model by"));
  EXPECT_TRUE(models_.List().value().empty());
  options_.config.data.as_of = absl::InfiniteFuture();
  options_.config.test_period = Interval{DayZero() + absl::Hours(24 * 365), absl::InfiniteFuture()};
  EXPECT_THAT(Run()->verdict, HasSubstr("too short"));
}

// Each event has a mirror image, so that the mirrored catalogue knows as much as the real one.
TEST_F(CatalogueJobTest, APlaceboThatShowsSkillTakesTheVerdictBack) {
  World half = kLastingWorld;
  half.background = 12;
  std::vector<SeismicEvent> catalogue = ClusteredWorld(8, half);
  std::vector<SeismicEvent> image = MirroredCatalogue(catalogue, WorldTrial().regions);
  for (SeismicEvent& event : image) {
    event.source_event_id += "-mirrored";
    event.origin_time += absl::Minutes(10);
  }
  catalogue.insert(catalogue.end(), image.begin(), image.end());
  Load(catalogue);
  const auto outcome = Run();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->state, TrainingState::kKept);
  EXPECT_TRUE(outcome->published);
  EXPECT_THAT(outcome->verdict, StartsWith("no demonstrated skill: the placebo \"mirrored north to south\" shows"));
  EXPECT_FALSE(models_.Get(outcome->version)->demonstrated_skill);
  EXPECT_TRUE(models_.Champions(absl::InfiniteFuture()).value().empty());
}

TEST_F(CatalogueJobTest, StoppedOrWithoutItsLockItPublishesNothing) {
  Load(ClusteredWorld(kSkilledSeed, kLastingWorld));
  WithoutSkillAndQuickly();
  std::atomic<bool> stop{false};
  on_progress_ = [&](const RunProgress& p) { stop = stop || p.unit == "issues"; };
  EXPECT_EQ(Run(&stop).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(LastRun().state, TrainingState::kInterrupted);

  on_progress_ = nullptr;
  options_.still_alone = [] { return false; };
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(LastRun().state, TrainingState::kFailed);
  EXPECT_TRUE(models_.List().value().empty());
}

TEST_F(CatalogueJobTest, FailuresAreRecordedAndWorldsDoNotMix) {
  const auto nothing = Run();
  EXPECT_EQ(nothing.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(LastRun().error, HasSubstr("region"));
  // Real regions, and a simulated catalogue alone.
  Load(ClusteredWorld(kSkilledSeed, kLastingWorld), false);
  EXPECT_THAT(Run().status().message(), HasSubstr("the catalogue is empty"));
  events_.faults().FailNext(absl::UnavailableError("database away"));
  EXPECT_EQ(Run().status(), absl::UnavailableError("database away"));
  EXPECT_EQ(LastRun().state, TrainingState::kFailed);
  options_.config.catalogues = 0;
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(CatalogueJobTest, ARunOfTheOtherRungIsLeftAlone) {
  TrainingRun other, own;
  other.id = "20261122T153000.123-train";
  own.id = "20261122T153000.123-catalogue";
  for (TrainingRun* run : {&other, &own}) {
    run->started_at = run->updated_at = clock_.Now() - absl::Hours(1);
    ASSERT_TRUE(runs_.Put(*run).ok());
  }
  EXPECT_FALSE(Run().ok());
  EXPECT_EQ(runs_.Get(other.id).value()->state, TrainingState::kRunning);
  EXPECT_EQ(runs_.Get(own.id).value()->state, TrainingState::kInterrupted);
}

}  // namespace
}  // namespace tremorcast
