// `tremorcast-trainer catalogue` as somebody types it, over a real PostgreSQL.

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/base/digest.h"
#include "core/skill/run_id.h"
#include "formats/etas_artifact_json.h"
#include "storage/leadership.h"
#include "storage/store.h"
#include "tests/integration/trainer/trainer_program.h"
#include "tests/support/temp_cluster.h"
#include "tests/unit/core/etas/etas_worlds.h"
#include "tests/unit/core/ladder/ladder_worlds.h"
#include "trainer/command/flags.h"

namespace tremorcast {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class CatalogueStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    conninfo_ = *TempCluster::Shared().CreateDatabase();
    store_ = *OpenStore({.conninfo = conninfo_});
  }

  void Load(const std::vector<SeismicEvent>& catalogue) {
    for (Region region : WorldTrial().regions) {
      region.simulated = true;
      ASSERT_TRUE(store_->network().UpsertRegion(region).ok());
    }
    const Interval world = Days(0, kDaysPerYear * kLastingWorld.years);
    ASSERT_TRUE(store_->events().Import(catalogue, world.end).ok());
    Completeness statement;
    statement.source = kSimulatedSource;
    statement.period = world;
    statement.stated_at = world.end;
    ASSERT_TRUE(store_->events().StateComplete(statement, false).ok());
  }

  // Exit status; what it printed is in out_ and err_.
  int Trainer(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--database", conninfo_});
    Program program(arguments, out_file_, err_file_);
    return ExitStatus(program.Wait());
  }
  std::string out() const { return ReadFile(out_file_); }
  std::string err() const { return ReadFile(err_file_); }

  std::string conninfo_;
  std::unique_ptr<Store> store_;
  TempFolder folder_;
  const std::string out_file_ = folder_ / "out", err_file_ = folder_ / "err";
};

TEST_F(CatalogueStoreTest, ClustersArePromotedAndListedAndNotFittedTwice) {
  Load(ClusteredWorld(10, kLastingWorld));
  const std::vector<std::string> command = {"catalogue", "--rolling", "1",      "--catalogues",
                                            "100",       "--threads", "2",      "--progress",
                                            "log",       "--json",    "--html", folder_ / "report.html"};
  ASSERT_EQ(Trainer(command), kExitPromoted) << out() << err();
  EXPECT_THAT(err(), HasSubstr("placebo, mirrored north to south"));
  const auto outcome = nlohmann::json::parse(out());
  EXPECT_EQ(outcome["state"], "promoted");
  EXPECT_THAT(outcome["verdict"].get<std::string>(), StartsWith("demonstrated skill"));

  const std::string page = ReadFile(folder_ / "report.html");
  EXPECT_THAT(page, HasSubstr(outcome["sha256"].get<std::string>()));
  EXPECT_THAT(page, HasSubstr("background-map"));

  const ModelVersion version(outcome["model"].get<std::string>());
  const auto champions = store_->models().Champions(absl::InfiniteFuture());
  ASSERT_TRUE(champions.ok()) << champions.status();
  EXPECT_EQ(champions->at(RegionId(kCatalogueScope)).version, version);
  const auto record = store_->models().Get(version);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->rung, Rung::kCatalogue);
  EXPECT_TRUE(record->demonstrated_skill);
  EXPECT_THAT(record->manifest_json, HasSubstr("tremorcast-etas-1"));
  const auto bytes = store_->models().Artifact(version);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(Sha256Hex(*bytes), outcome["sha256"].get<std::string>());
  const auto artifact = ReadEtasArtifact(*bytes);
  ASSERT_TRUE(artifact.ok()) << artifact.status();
  EXPECT_TRUE(CheckGolden(*artifact).ok()) << "another process drew other catalogues";
  EXPECT_TRUE(artifact->simulated);

  ASSERT_EQ(Trainer({"runs"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr(outcome["run"].get<std::string>()));
  EXPECT_THAT(out(), HasSubstr("demonstrated skill"));
  ASSERT_EQ(Trainer({"runs", "--json"}), 0) << err();
  EXPECT_EQ(nlohmann::json::parse(out())["rung"], "catalogue");

  ASSERT_EQ(Trainer(command), kExitKept) << out() << err();
  EXPECT_THAT(out(), HasSubstr("nothing new since run"));
  EXPECT_EQ(store_->models().List()->size(), 1u);
}

TEST_F(CatalogueStoreTest, RandomTimesAreNotPromoted) {
  Load(PoissonWorld(10, false, kLastingWorld));
  ASSERT_EQ(Trainer({"catalogue", "--rolling", "1", "--catalogues", "100"}), kExitKept) << out() << err();
  EXPECT_THAT(out(), HasSubstr("not promoted"));
  EXPECT_TRUE(store_->models().Champions(absl::InfiniteFuture())->empty());
  EXPECT_EQ(store_->training_runs().List(1)->front().state, TrainingState::kKept);
}

TEST_F(CatalogueStoreTest, ItHasALockOfItsOwnBesideTheOtherTrainer) {
  LeaderLock other({.conninfo = conninfo_, .name = kTrainerLeader});
  ASSERT_TRUE(other.TryAcquire().value());
  TrainingRun at_work;
  at_work.id = MakeRunId(absl::Now(), Rung::kStations);
  at_work.started_at = at_work.updated_at = absl::Now();
  ASSERT_TRUE(store_->training_runs().Put(at_work).ok());
  // There is nothing to fit; what matters is that it got so far, and what it said of the other.
  EXPECT_EQ(Trainer({"catalogue"}), kExitFailed);
  EXPECT_THAT(err(), HasSubstr("import regions first"));
  EXPECT_EQ((*store_->training_runs().Get(at_work.id))->state, TrainingState::kRunning);
  other.Release();

  LeaderLock same({.conninfo = conninfo_, .name = kCatalogueTrainerLeader});
  ASSERT_TRUE(same.TryAcquire().value());
  EXPECT_EQ(Trainer({"catalogue"}), kExitBusy);
  EXPECT_THAT(err(), HasSubstr("another tremorcast-trainer catalogue is running"));
  EXPECT_EQ(Trainer({"train"}), kExitFailed) << "it is another rung's";
  EXPECT_THAT(err(), Not(HasSubstr("another tremorcast-trainer")));
  const auto state = store_->maintenance().State(absl::Now());
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_TRUE(state->trainer_present);
}

TEST_F(CatalogueStoreTest, ASignalEndsItBetweenIssues) {
  Load(ClusteredWorld(10, kLastingWorld));
  Program program({"catalogue", "--every", "1w", "--rolling", "1", "--catalogues", "100000", "--threads", "1",
                   "--progress", "log", "--database", conninfo_},
                  out_file_, err_file_);
  while (err().find("judging") == std::string::npos && program.Running()) absl::SleepFor(absl::Milliseconds(5));
  program.Signal(SIGTERM);
  EXPECT_EQ(ExitStatus(program.Wait()), 128 + SIGTERM) << err();
  EXPECT_EQ(store_->training_runs().List(1)->front().state, TrainingState::kInterrupted);
  EXPECT_TRUE(store_->models().List()->empty());
}

}  // namespace
}  // namespace tremorcast
